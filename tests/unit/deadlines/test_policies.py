"""Policies: which rule applies to which appeal on which day."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from natija_chassis.realm.yaml_file import FileError
from natija_deadlines.policies import policy
from natija_deadlines.policies.arithmetic import TermLength
from natija_deadlines.policies.policy import PolicyMissing

POLICIES = policy.load_policies()


@pytest.mark.parametrize(
    ("jurisdiction", "kind", "country_type", "term"),
    [
        ("KG", "application", None, TermLength(14, "working")),
        ("KG", "complaint", None, TermLength(14, "working")),
        ("KZ", "application", None, TermLength(15, "working")),
        ("KZ", "complaint", None, TermLength(20, "working")),
        ("KZ", "request", "notary-request", TermLength(10, "calendar")),
        ("KZ", "complaint", "tax-monitoring-complaint", TermLength(45, "working")),
        ("KZ", "complaint", "a type nobody named", TermLength(20, "working")),
        ("UZ", "complaint", None, TermLength(15, "calendar")),
        ("UZ", "proposal", None, TermLength(1, "month")),
    ],
)
def test_most_specific_term_applies(jurisdiction: str, kind: str, country_type: str | None, term: TermLength) -> None:
    assert POLICIES.by_jurisdiction[jurisdiction][0].term(kind, country_type) == term


def test_policy_starts_on_local_day() -> None:
    before, first = datetime(2021, 6, 30, 17, 59, tzinfo=UTC), datetime(2021, 6, 30, 18, tzinfo=UTC)
    with pytest.raises(PolicyMissing, match="no policy of KZ in force on 2021-06-30"):
        POLICIES.deadline("KZ", "application", before)
    assert POLICIES.deadline("KZ", "application", first).policy.number == "kz-appc/1"


def test_unknown_jurisdiction_is_reported() -> None:
    with pytest.raises(PolicyMissing, match="no policy of US-MA"):
        POLICIES.deadline("US-MA", "request", datetime(2015, 1, 1, tzinfo=UTC))


def test_new_version_applies_from_its_day(tmp_path: Path) -> None:
    """And the old one until then."""
    _shorter_from(tmp_path, "2026-07-01", old_until="2026-06-30")
    rules = policy.load_policies(tmp_path)
    old, new = datetime(2026, 6, 30, 6, tzinfo=UTC), datetime(2026, 7, 1, 6, tzinfo=UTC)
    assert rules.deadline("KG", "request", old).policy.number == "kg-law-67/1"
    assert rules.deadline("KG", "request", new).policy.number == "kg-law-67/2"
    assert rules.deadline("KG", "request", new).deadline.due_on == date(2026, 7, 15)


def test_overlapping_versions_are_refused(tmp_path: Path) -> None:
    _shorter_from(tmp_path, "2026-07-01", old_until="2026-07-01")
    with pytest.raises(FileError, match="in force on the same day"):
        policy.load_policies(tmp_path)


def _shorter_from(folder: Path, day: str, *, old_until: str) -> None:
    old = Path(shutil.copy(policy.DATA / "kg-law-67-1.yaml", folder))
    text = old.read_text()
    new = text.replace("version: 1", "version: 2").replace("2007-05-04", day).replace("amount: 14", "amount: 10")
    (folder / "kg-law-67-2.yaml").write_text(new)
    old.write_text(text.replace("valid_from: 2007-05-04", f"valid_from: 2007-05-04\nvalid_to: {old_until}"))


@pytest.mark.parametrize("length", ["{amount: 0, unit: working}", "{amount: 3, unit: working, of: us}"])
def test_wrong_length_is_refused(tmp_path: Path, length: str) -> None:
    text = (policy.DATA / "kg-law-67-1.yaml").read_text()
    file = tmp_path / "kg.yaml"
    file.write_text(text.replace("warn_before: {amount: 3, unit: working}", f"warn_before: {length}"))
    with pytest.raises(FileError, match=r"kg\.yaml:\d+: warn_before"):
        policy.load_policies(tmp_path)


@pytest.mark.parametrize(
    ("jurisdiction", "received", "country_type", "latest"),
    [
        ("KG", "2019-06-21T10:00+06:00", None, "2019-08-11T00:00+06:00"),
        ("KZ", "2022-02-14T10:00+06:00", None, "2022-04-15T00:00+06:00"),
        ("KZ", "2022-02-14T10:00+06:00", "rehabilitation-application", None),
        ("UZ", "2021-07-23T10:00+05:00", None, "2021-09-08T00:00+05:00"),
    ],
    ids=["30 days after the due day", "2 months after receipt", "the term is longer", "a month after the due day"],
)
def test_policy_limits_the_extension(
    jurisdiction: str, received: str, country_type: str | None, latest: str | None
) -> None:
    """The latest instant at which an extended term may end; none when no extension is possible."""
    found = POLICIES.deadline(jurisdiction, "application", datetime.fromisoformat(received), country_type)
    assert found.latest == (datetime.fromisoformat(latest) if latest else None)
