"""Policies: which rule applies to which appeal on which day."""

import re
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path

import pytest

from natija_chassis.realm.yaml_file import FileError
from natija_deadlines.policies import policy
from natija_deadlines.policies.policy import PolicyMissing, TypeUnknown
from natija_terms.arithmetic import TermLength, Unit

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
        ("KZ", "request", "bailiff-request", TermLength(3, "working")),
        ("KZ", "request", "media-request", TermLength(7, "working")),
        ("UZ", "complaint", None, TermLength(15, "calendar")),
        ("UZ", "proposal", None, TermLength(1, "month")),
    ],
)
def test_most_specific_term_applies(jurisdiction: str, kind: str, country_type: str | None, term: TermLength) -> None:
    assert POLICIES.by_jurisdiction[jurisdiction][0].term(kind, country_type) == term


@pytest.mark.parametrize(
    ("kind", "country_type", "amount", "unit", "next_day", "same_day"),
    [
        ("application", None, 15, "working", "2022-03-05", "2022-03-04"),
        ("message", None, 15, "working", "2022-03-05", "2022-03-04"),
        ("proposal", None, 15, "working", "2022-03-05", "2022-03-04"),
        ("response", None, 15, "working", "2022-03-05", "2022-03-04"),
        ("request", None, 15, "working", "2022-03-05", "2022-03-04"),
        ("request", "information-request", 15, "calendar", "2022-03-01", "2022-02-28"),
        ("request", "notary-request", 10, "calendar", "2022-02-24", "2022-02-23"),
        ("request", "lawyer-request", 10, "working", "2022-02-28", "2022-02-25"),
        ("request", "media-request", 7, "working", "2022-02-23", "2022-02-22"),
        ("request", "bailiff-request", 3, "working", "2022-02-17", "2022-02-16"),
        ("request", "declassification-request", 30, "calendar", "2022-03-16", "2022-03-15"),
        ("complaint", None, 20, "working", "2022-03-15", "2022-03-14"),
        ("complaint", "public-service-complaint", 5, "working", "2022-02-21", "2022-02-18"),
        ("complaint", "taxpayer-complaint", 30, "working", "2022-04-01", "2022-03-31"),
        ("complaint", "tax-monitoring-complaint", 45, "working", "2022-04-22", "2022-04-21"),
        ("application", "rehabilitation-application", 90, "calendar", "2022-05-16", "2022-05-16"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_each_kazakh_type_has_its_term(
    kind: str, country_type: str | None, amount: int, unit: Unit, next_day: str, same_day: str
) -> None:
    """Received on 14.02.2022: the last days were counted without this code, for both rules of the first day.

    90 days end on a Sunday, or on the Saturday before: both move to Monday.
    """
    law = POLICIES.by_jurisdiction["KZ"][0]
    assert law.term(kind, country_type) == TermLength(amount, unit)
    received = datetime.fromisoformat("2022-02-14T10:00+06:00")
    for first_day, last_day in (("NEXT", next_day), ("SAME", same_day)):
        policies = replace(POLICIES, by_jurisdiction={"KZ": [law.model_copy(update={"first_day": first_day})]})
        assert str(policies.deadline("KZ", kind, received, country_type).deadline.due_on) == last_day


@pytest.mark.parametrize(
    ("kind", "country_type", "message"),
    [
        ("aplication", None, "kz-appc/1 has no kind 'aplication': one of application, complaint"),
        ("request", "bailiff-requests", "kz-appc/1 has no country type 'bailiff-requests': one of information-request"),
        ("complaint", "notary-request", "kz-appc/1 has no country type 'notary-request': one of public-service-compl"),
    ],
)
def test_unknown_type_is_refused(kind: str, country_type: str | None, message: str) -> None:
    """Also a type of another kind."""
    with pytest.raises(TypeUnknown, match=message):
        POLICIES.by_jurisdiction["KZ"][0].term(kind, country_type)


def test_policy_starts_with_first_counted_day() -> None:
    """A receipt after hours on the eve is registered on the policy's first day."""
    eve, first = datetime(2021, 6, 30, 12, 29, tzinfo=UTC), datetime(2021, 6, 30, 12, 30, tzinfo=UTC)
    found = [POLICIES.deadline("KZ", "application", instant) for instant in (eve, first)]
    assert [one.policy.number for one in found] == ["kz-law-221/1", "kz-appc/1"]
    assert [str(one.deadline.due_on) for one in found] == ["2021-07-15", "2021-07-26"]


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


@pytest.mark.parametrize(("transition", "version"), [("origin", 2), ("receipt", 1)])
def test_transition_decides_the_version(tmp_path: Path, transition: str, version: int) -> None:
    """Kyrgyzstan, received on 30.11.2026 at 18:30, after hours: it counts from 1 December."""
    _shorter_from(tmp_path, "2026-12-01", old_until="2026-11-30")
    for file in tmp_path.iterdir():
        file.write_text(file.read_text() + f"transition: {transition}\n")
    found = policy.load_policies(tmp_path).deadline("KG", "request", datetime.fromisoformat("2026-11-30T18:30+06:00"))
    assert found.policy.version == version


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
    file.write_text(text.replace("before: {amount: 3, unit: working}", f"before: {length}"))
    with pytest.raises(FileError, match=r"kg\.yaml:\d+: terms\.answer\.warnings\.0\.before"):
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
    at = datetime.fromisoformat(received)
    found = POLICIES.deadline(jurisdiction, "application", at, country_type)
    assert found.latest == (datetime.fromisoformat(latest) if latest else None)


@pytest.mark.parametrize(
    ("jurisdiction", "calendar", "kind", "country_type", "received", "known_at", "registered_on", "due_on"),
    [
        ("KG", "KG", "application", None, "2025-12-19T10:00+06:00", None, "2025-12-19", "2026-01-19"),
        ("KG", "KG", "application", None, "2025-12-12T10:00+06:00", None, "2025-12-12", "2026-01-12"),
        ("KG", "KG", "application", None, "2026-01-09T10:00+06:00", None, "2026-01-12", "2026-01-30"),
        ("KG", "KG", "application", None, "2021-04-27T10:00+06:00", "2021-04-27", "2021-04-27", "2021-05-20"),
        ("KG", "KG", "application", None, "2021-04-27T10:00+06:00", "2021-05-06", "2021-04-27", "2021-05-19"),
        ("KG", "KG", "application", None, "2021-07-01T10:00+06:00", "2021-07-14", "2021-07-01", "2021-07-22"),
        ("KG", "KG", "application", None, "2021-07-01T10:00+06:00", None, "2021-07-01", "2021-07-23"),
        ("KZ", "KZ-ORAL", "application", None, "2021-10-11T13:10+00:00", None, "2021-10-11", "2021-11-01"),
        ("KZ", "KZ", "application", None, "2021-10-11T13:10+00:00", None, "2021-10-12", "2021-11-02"),
        ("KZ", "KZ", "request", "bailiff-request", "2026-03-16T09:00+05:00", None, "2026-03-16", "2026-03-19"),
        ("KG", "KG", "application", None, "2025-12-01T10:00+06:00", None, "2025-12-01", "2025-12-19"),
        ("KG", "KG", "application", None, "2026-01-10T10:00+06:00", None, "2026-01-12", "2026-01-30"),
        ("KG", "KG", "application", None, "2026-03-16T10:00+06:00", None, "2026-03-16", "2026-04-06"),
        ("KG", "KG", "application", None, "2026-04-03T10:00+06:00", None, "2026-04-03", "2026-04-23"),
        ("KG", "KG", "application", None, "2026-04-21T10:00+06:00", None, "2026-04-21", "2026-05-19"),
        ("KG", "KG", "application", None, "2026-05-09T10:00+06:00", None, "2026-05-11", "2026-06-01"),
        ("KG", "KG", "application", None, "2026-11-30T10:00+06:00", None, "2026-11-30", "2026-12-18"),
        ("KZ", "KZ", "request", "media-request", "2026-03-16T09:00+05:00", None, "2026-03-16", "2026-03-30"),
        ("KZ", "KZ", "request", "notary-request", "2026-03-16T09:00+05:00", None, "2026-03-16", "2026-03-26"),
        ("KZ", "KZ", "request", "notary-request", "2026-03-18T09:00+05:00", None, "2026-03-18", "2026-03-30"),
        ("KZ", "KZ", "application", None, "2024-02-08T10:00+06:00", None, "2024-02-08", "2024-02-29"),
        ("KZ", "KZ", "application", None, "2026-11-27T17:45+05:00", None, "2026-11-27", "2026-12-21"),
        ("KZ", "KZ", "application", None, "2021-06-15T10:00+06:00", None, "2021-06-15", "2021-06-30"),
        ("KZ", "KZ", "application", None, "2021-06-30T20:00+06:00", None, "2021-07-01", "2021-07-26"),
        ("UZ", "UZ", "application", None, "2021-07-23T10:00+05:00", None, "2021-07-23", "2021-08-07"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_law_gives_its_days(
    jurisdiction: str, calendar: str, kind: str, country_type: str | None, received: str, known_at: str | None,
    registered_on: str, due_on: str,
) -> None:  # fmt: skip
    """Days worked out by hand, some as they were known before a decree."""
    by = POLICIES.calendars[calendar]
    by = by if known_at is None else by.known_at(date.fromisoformat(known_at))
    found = POLICIES.deadline(jurisdiction, kind, datetime.fromisoformat(received), country_type, by).deadline
    assert (str(found.registered_on), str(found.due_on)) == (registered_on, due_on)


def test_short_day_ends_earlier() -> None:
    """A body of Kyrgyzstan, 30.04.2026 till 17:00: received at 17:30 it is registered after the holidays."""
    day = date(2026, 4, 30)
    kyrgyz = POLICIES.calendars["KG"]
    year = replace(kyrgyz.years[2026], days=replace(kyrgyz.years[2026].days, short={day: time_of_day(17)}))
    body = replace(kyrgyz, years={**kyrgyz.years, 2026: year})
    received = datetime.fromisoformat("2026-04-30T17:30+06:00")
    found = POLICIES.deadline("KG", "application", received, calendar=body).deadline
    assert (str(found.registered_on), str(found.due_on)) == ("2026-05-11", "2026-06-01")


def test_suspended_days_do_not_count() -> None:
    """Neither in working days nor in calendar days."""
    uzbek = POLICIES.calendars["UZ"]
    received = datetime.fromisoformat("2021-07-23T10:00+05:00")
    suspended = {date(2021, 7, 26) + timedelta(days=n): "emergency" for n in range(7)}
    year = replace(uzbek.years[2021], days=replace(uzbek.years[2021].days, suspended=suspended))
    stopped = replace(uzbek, years={**uzbek.years, 2021: year})
    found = [POLICIES.deadline("UZ", "application", received, calendar=one).deadline.due_on for one in (uzbek, stopped)]
    assert found == [date(2021, 8, 7), date(2021, 8, 14)]
    assert stopped.add_working(date(2021, 7, 24), 1) == date(2021, 8, 2)


@pytest.mark.parametrize(("jurisdiction", "last"), [("KG", "2029-12-10"), ("KZ", "2029-10-01"), ("UZ", "2029-12-30")])
def test_last_covered_receipt_is_known(jurisdiction: str, last: str) -> None:
    """With the longest term, from the last minute of the day. Calendar days need the calendar for the receipt only."""
    day = POLICIES.last_receipt(jurisdiction)
    assert str(day) == last


def test_receipts_outside_policies_have_no_term() -> None:
    """The queue does not look at them again and again. The first calendar is that of 2018."""
    covered = POLICIES.covered("KZ")
    assert covered is not None
    assert [str(instant) for instant in covered] == ["2017-12-31 18:00:00+00:00", "2029-12-31 19:00:00+00:00"]
    assert POLICIES.covered("US-MA") is None


@pytest.mark.parametrize("path", sorted(policy.DATA.glob("*.yaml")), ids=lambda path: path.stem)
def test_unverified_marks_are_told(path: Path) -> None:
    """Each value with the mark [U] stands in `unverified`, so the API and the command say so."""
    marked, place = set[str](), list[str]()
    comment = False
    for line in path.read_text().splitlines()[2:]:
        if not (key := re.match(r"( *)([a-z_]+):", line)):
            comment = comment or (line.lstrip().startswith("#") and "[U]" in line)
            continue
        place[len(key[1]) // 2 :] = [key[2]]
        if comment or "[U]" in line.partition("#")[2]:
            marked.add(".".join(place))
        comment = False
    (found,) = [one for of in POLICIES.by_jurisdiction.values() for one in of if one.number == path.stem[:-2] + "/1"]
    assert marked - {"unverified"} == set(found.unverified)


def test_unknown_unverified_key_is_refused(tmp_path: Path) -> None:
    text = (policy.DATA / "kg-law-67-1.yaml").read_text()
    (tmp_path / "kg.yaml").write_text(text.replace("  - move_due\n", "  - moves\n"))
    with pytest.raises(FileError, match="there is no moves"):
        policy.load_policies(tmp_path)
