"""Terms that stand still while data are awaited, or start again, as the policy says. Days worked out by hand."""

from dataclasses import replace
from typing import Any

from tests.unit.deadlines.history import Given, at, folded, registered
from tests.unit.deadlines.test_kinds import POLICIES, Course, course, kg, pausing

from natija_deadlines.policies.policy import Policies
from natija_deadlines.terms.decide import outlook
from natija_events.types.deadlines import DataTermExpired, TermExtended, TermResumed, TermSet
from natija_events.types.oversight import CourtClosed, CourtNoted
from natija_events.types.routing import Answered, DataProvided, DataRequested, Forwarded
from natija_terms.arithmetic import last_day

KG = POLICIES.calendars["KG"]
OPENED = kg("2025-12-01T10:00+06:00")
"""The term ends on 19.12.2025."""


def asked(time: str, until: str = "2026-01-30") -> Given:
    return time, DataRequested(missing=("address",), until=at(until))


def brought(time: str) -> Given:
    return time, DataProvided()


def answering(**changed: Any) -> Policies:
    """The law of Kyrgyzstan, with another rule for the answer."""
    (law,) = POLICIES.by_jurisdiction["KG"]
    answer = law.answer.model_copy(update=changed)
    return Policies({"KG": [law.model_copy(update={"terms": {**law.terms, "answer": answer}})]}, POLICIES.calendars)


def resumed(found: Course) -> list[str]:
    """The last days to which the term was moved by pauses."""
    return [str(last_day(data.due, KG)) for data in found.of(TermResumed) if isinstance(data, TermResumed)]


FIRST = asked("2025-12-05T17:00+06:00"), brought("2025-12-09T09:00+06:00")
SECOND = asked("2025-12-10T10:00+06:00"), brought("2025-12-12T10:00+06:00")


def test_two_pauses_add_both() -> None:
    """A Monday of the first, a Thursday of the second."""
    found = course(OPENED, *FIRST, *SECOND, until="2025-12-15", policies=pausing())
    assert resumed(found) == ["2025-12-22", "2025-12-23"]


def test_outage_loses_no_pause() -> None:
    """Both pauses were over before the clock saw the first: before the term was set, or after."""
    for past in (course(OPENED, until="2025-12-02", policies=pausing()).events, (OPENED,)):
        late = [*past, *FIRST, *SECOND]
        while (found := outlook(*folded(*late), pausing()).next) and isinstance(found.data, TermSet | TermResumed):
            late.append(((found.time or at("2025-12-12T10:00+06:00")).isoformat(), found.data))
        assert resumed(Course(tuple(late)))[-1] == "2025-12-23"


def test_pauses_that_overlap_count_once() -> None:
    """Data are asked for on Friday 05.12, a court case comes on Monday; the data come on 09.12, the judgment on 11.12.

    Monday, Tuesday and Wednesday are between. Each for itself would add Monday, or Tuesday and Wednesday.
    """
    case = {"court": "osh-court", "case_number": "1"}
    pauses = {"appeal.data-requested": "appeal.data-provided", "appeal.court-noted": "appeal.court-closed"}
    found = course(
        OPENED,
        asked("2025-12-05T17:00+06:00"),
        ("2025-12-08T10:00+06:00", CourtNoted(**case)),
        brought("2025-12-09T10:00+06:00"),
        ("2025-12-11T10:00+06:00", CourtClosed(**case, ruling="discontinued")),
        until="2025-12-15",
        policies=answering(pauses=pauses),
    )
    assert resumed(found) == ["2025-12-24"]


def test_extension_in_a_pause_is_kept() -> None:
    """Extended to 26.12 while paused; a Monday is added to that."""
    extended = ("2025-12-08T10:00+06:00", TermExtended(term="answer-1", due=at("2025-12-27T00:00+06:00")))
    found = course(OPENED, FIRST[0], extended, FIRST[1], until="2025-12-15", policies=pausing())
    assert resumed(found) == ["2025-12-29"]


def test_pause_of_calendar_days_leaves_days_off() -> None:
    """Where the policy moves a due day off a day off, a pause does not bring it back onto one.

    Twenty calendar days end on Sunday 21.12, moved to Monday 22.12. A pause with five days between ends on 27.12, a
    Saturday, moved to Monday 29.12.
    """
    lengths = tuple(
        one.model_copy(update={"amount": 20, "unit": "calendar"})
        for one in POLICIES.by_jurisdiction["KG"][0].answer.lengths
    )
    moved = answering(lengths=lengths, pauses={"appeal.data-requested": "appeal.data-provided"}, move_due=True)
    found = course(OPENED, asked("2025-12-05"), brought("2025-12-11"), until="2025-12-15", policies=moved)
    assert resumed(found) == ["2025-12-29"]


def test_clarification_starts_again_by_policy() -> None:
    """Where the law says so, the whole term runs again from the day on which the data come; elsewhere it goes on."""
    (law,) = POLICIES.by_jurisdiction["KG"]
    again = answering(
        starts_on=(*law.answer.starts_on, "appeal.data-provided"),
        ends_on=(*law.answer.ends_on, "appeal.data-requested"),
    )
    found = course(OPENED, *FIRST, until="2025-12-10", policies=again)
    assert found.dues("answer-2") == ["2025-12-29 18:00"]
    assert outlook(*folded(*found.events), again).due == at("2025-12-30T00:00+06:00")
    waits = course(OPENED, FIRST[0], until="2026-01-20", policies=again)
    assert waits.missed() == []
    goes_on = course(OPENED, *FIRST, until="2025-12-10")
    assert goes_on.dues("answer-2") == resumed(goes_on) == []


def test_next_body_asks_for_its_own_data() -> None:
    """The first body asked until 10.12, and forwarded the appeal. Its day passes; that of the second has not come."""
    found = course(
        OPENED,
        asked("2025-12-03T10:00+06:00", "2025-12-11T00:00+06:00"),
        ("2025-12-04T10:00+06:00", Forwarded(body="b")),
        asked("2025-12-05T10:00+06:00", "2025-12-20T00:00+06:00"),
        until="2025-12-19T10:00+06:00",
    )
    assert found.of(DataTermExpired) == []
    assert folded(*found.events)[0].standing.state == "AWAITING_DATA"
    assert course(*found.events, until="2026-01-01").of(DataTermExpired) == [
        DataTermExpired(term="data-2", due=at("2025-12-20T00:00+06:00"))
    ]


def test_forward_ends_a_pause() -> None:
    """The overall term runs again when the appeal goes on without the data."""
    (law,) = POLICIES.by_jurisdiction["KG"]
    pauses = {"pauses": {"appeal.data-requested": "appeal.data-provided"}}
    rules = {name: law.terms[name].model_copy(update=pauses) for name in ("answer", "overall")}
    policies = Policies({"KG": [law.model_copy(update={"terms": {**law.terms, **rules}})]}, POLICIES.calendars)
    forwarded = ("2025-12-09T09:00+06:00", Forwarded(body="b"))
    found = course(OPENED, FIRST[0], forwarded, until="2026-01-30", policies=policies)
    assert resumed(found) == ["2025-12-22"]
    assert ("overall-1", "2025-12-22 18:00") in found.missed()


def test_missing_year_stops_no_other_term() -> None:
    """No calendar says where the resumed term ends. The late registration is recorded all the same."""
    years = {year: days for year, days in KG.years.items() if year < 2026}
    policies = Policies(pausing().by_jurisdiction, {"KG": replace(KG, years=years)})
    opened = ("2025-12-08T10:00+06:00", registered("2025-12-01T10:00+06:00", addressee="a"))
    found = course(opened, asked("2025-12-09"), brought("2025-12-24"), until="2025-12-25", policies=policies)
    assert found.missed() == [("registration-1", "2025-12-02 18:00")]
    assert outlook(*folded(*found.events), policies).data_missing == "no working calendar of KG for 2026"


def test_answer_ends_a_pause() -> None:
    """Data came on Tuesday; the answer after the end of the resumed term is late, however late the clock was."""
    late = [OPENED, *FIRST, ("2025-12-25T10:00+06:00", Answered(outcome="explained"))]
    found = course(*late, until="2026-01-10", policies=pausing())
    assert found.missed() == [("answer-1", "2025-12-22 18:00")]
