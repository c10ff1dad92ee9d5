"""The revisions of reference data that `natija provision` writes: what the files changed, and nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natija_chassis.errors import OperatorError
from natija_chassis.realm.realm_files import load_reference_data
from natija_chassis.realm.reference_changes import find_changes, place
from natija_events.reference.data import ReferenceData
from natija_events.reference.entries import BodyEntry, PublisherEntry, PublisherKey
from natija_events.reference.history import ALWAYS, ReferenceHistory, StoredRecord
from natija_events.reference.records import write_record

KG = load_reference_data(Path(__file__).parents[3] / "deploy" / "realms" / "kg")
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
INTAKE = "/services/intake"
KEY_A, KEY_B = (PublisherKey(public_key=letter * 43, valid_from=NOW) for letter in "AE")


def provisioned(wanted: ReferenceData, history: ReferenceHistory | None = None) -> ReferenceHistory:
    before = history or ReferenceHistory()
    records = [write_record(one) for one in find_changes(before, wanted, NOW)]
    after, skipped = before.apply(StoredRecord(before.version + place, *one) for place, one in enumerate(records, 1))
    assert skipped == []
    return after


def with_publisher(**changes: Any) -> ReferenceData:
    entry = PublisherEntry(**{"roles": frozenset({"channel", "voucher"}), "unsigned": True} | changes)
    return replace(KG, publishers={**KG.publishers, INTAKE: entry})


def test_topic_gives_what_files_say() -> None:
    found = provisioned(KG).at(NOW)
    assert list(found.entries()) == list(KG.entries())
    assert found.version == len(list(KG.entries())) - 1


def test_first_revisions_hold_for_all_time() -> None:
    """A clock that is set back finds the publishers that the realm began with."""
    assert {one.valid_from for one in find_changes(ReferenceHistory(), KG, NOW)} == {ALWAYS}


def test_second_time_writes_nothing() -> None:
    assert find_changes(provisioned(KG), KG, NOW) == []


def test_only_changes_are_written() -> None:
    """One body renamed, one added between two others, one channel gone: three revisions, valid from now."""
    bodies: dict[str, BodyEntry] = {}
    for id, body in KG.bodies.items():
        bodies[id] = body.model_copy(update={"names": {"ky": "Соцфонд"}}) if id == "social-fund" else body
        if id == "ministry-health":
            bodies["ministry-sport"] = BodyEntry(names={"ky": "Спорт министрлиги"})
    channels = {id: channel for id, channel in KG.channels.items() if id != "parliament"}
    wanted = replace(KG, bodies=bodies, channels=channels)
    before = provisioned(KG)
    changes = find_changes(before, wanted, NOW)
    assert [(one.kind, one.id, one.revision) for one in changes] == [
        ("body", "ministry-sport", 1), ("body", "social-fund", 2), ("channel", "parliament", 2),
    ]  # fmt: skip
    assert {one.valid_from for one in changes} == {NOW}
    after = provisioned(wanted, before)
    assert list(after.at(NOW).bodies) == list(bodies)
    assert "parliament" in after.at(NOW - timedelta(seconds=1)).channels
    assert after.at(NOW).name("channels", "parliament") == "From the Jogorku Kenesh"


def test_entry_that_ended_may_return() -> None:
    gone = provisioned(replace(KG, channels={}), provisioned(KG))
    assert gone.at(NOW).channels == {}
    assert list(provisioned(KG, gone).at(NOW).channels) == list(KG.channels)


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        (KG, replace(KG, publishers={}), "/services/intake would lose the role channel"),
        (KG, with_publisher(roles=frozenset({"desk", "voucher"})), "would lose the role channel"),
        (
            with_publisher(unsigned=False, keys=(KEY_A,)),
            with_publisher(unsigned=False, keys=(KEY_B,)),
            "every key",
        ),
    ],
)
def test_our_publishers_are_not_locked_out(before: ReferenceData, after: ReferenceData, rule: str) -> None:
    with pytest.raises(OperatorError, match=rule):
        find_changes(provisioned(before), after, NOW)


def test_keys_rotate_one_after_another() -> None:
    first, both = with_publisher(unsigned=False, keys=(KEY_A,)), with_publisher(keys=(KEY_A, KEY_B))
    last = with_publisher(unsigned=False, keys=(KEY_B,))
    signed = provisioned(first, provisioned(KG))
    assert provisioned(last, provisioned(both, signed)).at(NOW).publishers[INTAKE] == last.publishers[INTAKE]


@given(st.lists(st.one_of(st.none(), st.integers(1, 5000)), max_size=30))
def test_positions_always_rise(held: list[int | None]) -> None:
    positions = place(held)
    assert len(positions) == len(held)
    assert all(one < another for one, another in zip([0, *positions], positions, strict=False))


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ([None, None], [1000, 2000]),
        ([1000, None, 2000], [1000, 1500, 2000]),
        ([3000, 1000, 2000], [500, 1000, 2000]),
        ([1000, 2000, None], [1000, 2000, 3000]),
        ([1000, None, 1001], [1000, 2000, 3000]),
        ([None, None, 900], [300, 600, 900]),
        ([0, 0], [1000, 2000]),
    ],
)
def test_positions_change_little(held: list[int | None], expected: list[int]) -> None:
    assert place(held) == expected
