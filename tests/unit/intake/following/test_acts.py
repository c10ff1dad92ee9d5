"""The acts of an applicant: which are open, and the events that they become."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from tests.sealing import KEYS
from tests.unit.intake.realm import CONTEXT, HISTORY, NEWEST, NOW, OLDER, REFERENCE

from natija_events.lifecycle.holding import Holding
from natija_events.lifecycle.transitions import Standing, State
from natija_events.sealing.data_key import Place
from natija_events.types.intake import Supplemented, WithdrawalRequested, Withdrawn
from natija_events.types.personal import Text
from natija_events.types.routing import DataProvided
from natija_events.types.sealed import open_data
from natija_events.wire.proposal import Proposal, read_proposal, write_proposal
from natija_intake.appeals.submission import SOURCE
from natija_intake.following.acts import act_id, event_of, open_acts
from natija_intake.registrar.admission import examine_by_reference
from natija_intake.registrar.heads import NO_HEAD, Head

NUMBER = "KG-7K3M-9QX4-T2R8-MA"
KEY = UUID("2f1c7a52-8a0e-4c53-9d6d-5a1f0e7c9b34")
HELD, UNHELD = Holding("ministry-health", None, SOURCE), Holding(None, None, SOURCE)


def head(state: State, holding: Holding = HELD) -> Head:
    return NO_HEAD._replace(standing=Standing(state, (), NOW, 4, 4, 0), holding=holding)


def acts(found: Head) -> list[tuple[str, str]]:
    return [(act, type.__name__) for act, type in open_acts(NUMBER, found, REFERENCE, NOW).items()]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (head("REGISTERED", UNHELD), [("add", "Supplemented"), ("withdraw", "Withdrawn")]),
        (head("IN_WORK"), [("add", "Supplemented"), ("withdraw", "WithdrawalRequested")]),
        (
            head("AWAITING_DATA"),
            [("data", "DataProvided"), ("add", "Supplemented"), ("withdraw", "WithdrawalRequested")],
        ),
        (head("ANSWERED"), []),
        (head("WITHDRAWN", UNHELD), []),
        (head("REGISTERED", Holding(None, None, HISTORY, fed=True)), []),
        (
            head("REGISTERED", Holding(None, "ministry-health", "/portals/x")),
            [("add", "Supplemented"), ("withdraw", "WithdrawalRequested")],
        ),
    ],
    ids=["unrouted", "in-work", "data", "answered", "withdrawn", "fed", "portal"],
)
def test_life_cycle_opens_the_acts(found: Head, expected: Sequence[tuple[str, str]]) -> None:
    """Only what a source opened itself can it withdraw at once, and nobody acts on what a register feeds."""
    assert acts(found) == expected


def test_same_text_is_same_event() -> None:
    first = act_id(NUMBER, "add", KEY, "Жол", NEWEST)
    assert first == act_id(NUMBER, "add", KEY, "Жол", NEWEST)
    others = [
        act_id(NUMBER, "add", KEY, "Көпүрө", NEWEST), act_id(NUMBER, "add", UUID(int=1), "Жол", NEWEST),
        act_id(NUMBER, "data", KEY, "Жол", NEWEST), act_id(NUMBER, "add", KEY, "Жол", OLDER),
        act_id(NUMBER + "X", "add", KEY, "Жол", NEWEST),
    ]  # fmt: skip
    assert len({first, *others}) == 6


@pytest.mark.parametrize("type", [Supplemented, DataProvided, WithdrawalRequested])
def test_text_is_sealed(type: type[Supplemented]) -> None:
    """The registrar admits the event, and opens the words that were typed."""
    event = event_of(CONTEXT, NUMBER, head("IN_WORK"), type, KEY, "Жол оңдолсун", None)
    assert "Жол".encode() not in event.data
    assert event.expectedsequence is None
    proposal = read_proposal(*write_proposal([event])[1:])
    data = examine(proposal)
    key = KEYS.realm.open(event.wrappedkey or "", NUMBER)
    place = Place("kg", NUMBER, SOURCE, KEY, type.type, "")
    assert open_data(data, key, place) == {"content": Text(text="Жол оңдолсун")}


def test_withdrawal_assumes_what_was_seen() -> None:
    """A body that takes the appeal meanwhile is not overtaken."""
    event = event_of(CONTEXT, NUMBER, head("REGISTERED", UNHELD), Withdrawn, KEY, "", None)
    assert (event.expectedsequence, event.wrappedkey, event.data) == (4, None, b"{}")
    examine(read_proposal(*write_proposal([event])[1:]))


def examine(proposal: Proposal) -> Supplemented:
    reference = replace(REFERENCE)
    data = examine_by_reference(proposal, reference, "kg", NOW)
    assert isinstance(data, list), data
    return data[0]  # type: ignore[no-any-return]
