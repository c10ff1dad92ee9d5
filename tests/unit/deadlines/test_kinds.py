"""Several terms run at once: each is set, paused, missed and told by its own id. Values worked out by hand."""

from datetime import datetime
from typing import NamedTuple

from tests.unit.deadlines.history import APPEAL, Given, at, folded, registered

from natija_deadlines.policies.policy import Policies, load_policies
from natija_deadlines.terms.decide import decide, outlook
from natija_events.ids import derived_event_id
from natija_events.terms.lateness import Breach, judge
from natija_events.types.base import EventData
from natija_events.types.deadlines import DataTermExpired, Missed, TermExtended, TermResumed, TermSet, Warned
from natija_events.types.routing import Answered, DataProvided, DataRequested, Forwarded, Reopened, Routed
from natija_terms.arithmetic import last_day

POLICIES = load_policies()


class Course(NamedTuple):
    """A history with all that deadlines adds to it, at its own times."""

    events: tuple[Given, ...]

    def of(self, *kinds: type[EventData]) -> list[EventData]:
        return [event[1] for event in self.events if isinstance(event[1], kinds)]

    def dues(self, term: str) -> list[str]:
        """The last days of a term, as set."""
        found = [data for data in self.of(TermSet) if isinstance(data, TermSet)]
        set = [one for data in found for one in data.terms or () if one.id == term]
        return [f"{one.due:%Y-%m-%d %H:%M}" for one in set]

    def missed(self) -> list[tuple[str, str]]:
        """The terms of breaches, each with its due instant in UTC."""
        found = [data for data in self.of(Missed) if isinstance(data, Missed)]
        return [(data.term, f"{data.due:%Y-%m-%d %H:%M}") for data in found]

    def breaches(self, now: str) -> tuple[Breach, ...]:
        return judge(folded(*self.events)[1], at(now)).breaches


def course(*events: Given, until: str, policies: Policies = POLICIES) -> Course:
    """*events*, and what deadlines proposes before each and until the end, whenever it is due."""
    past: list[Given] = []
    for event in (*events, (until, None)):
        time = at(event[0])
        while (found := outlook(*folded(*past), policies).next if past else None) and found.at <= time:
            id = derived_event_id(APPEAL, found.data.type, *found.basis)
            moment = found.time or max(found.at, at(past[-1][0]))
            past.append((moment.isoformat(), found.data, "/services/deadlines", id))
            assert len(past) < 100, "it does not end"
        if event[1] is not None:
            past.append(event)
    return Course(tuple(past))


def kg(received: str, addressee: str = "a") -> Given:
    return received, registered(received, addressee=addressee)


def test_breach_is_of_its_holder() -> None:
    """Missed at A on 19.12, forwarded to B on 10.01, answered there on 11.01."""
    found = course(
        kg("2025-12-01T10:00+06:00"),
        ("2026-01-10T10:00+06:00", Forwarded(body="b")),
        ("2026-01-11T10:00+06:00", Answered(outcome="explained")),
        until="2026-02-01",
    )
    late = {(one.term, one.holder) for one in found.breaches("2026-02-01")}
    assert late == {("answer-1", "a"), ("forward-1", "a"), ("overall-1", "a")}


def test_late_forwards_and_whole_clock_are_told() -> None:
    """Received 16.03.2026, forwarded on 03.04, 21.04 and 09.05: three late forwards, one whole clock missed."""
    found = course(
        kg("2026-03-16T10:00+06:00", "transport"),
        ("2026-04-03T10:00+06:00", Forwarded(body="health")),
        ("2026-04-21T10:00+06:00", Forwarded(body="labour")),
        ("2026-05-09T10:00+06:00", Forwarded(body="transport")),
        until="2026-05-31",
    )
    told = found.breaches("2026-05-31")
    assert [(one.term, one.holder) for one in told if one.kind == "forward"] == [
        ("forward-1", "transport"), ("forward-2", "health"), ("forward-3", "labour"),
    ]  # fmt: skip
    assert [(one.term, one.due) for one in told if one.kind == "overall"] == [
        ("overall-1", at("2026-04-07T00:00+06:00"))
    ]
    assert found.dues("answer-1") == ["2026-04-06 18:00"] == found.dues("overall-1")


def test_late_registration_is_a_breach() -> None:
    """Paper lay four months; it was to be registered on the next working day."""
    found = course(("2024-03-04T10:00+06:00", registered("2023-11-01T10:00+06:00", addressee="a")), until="2024-03-05")
    assert found.missed()[:2] == [("registration-1", "2023-11-02 18:00"), ("answer-1", "2023-11-23 18:00")]
    recorded = [one.time for one in folded(*found.events)[1] if one.change == "missed"]
    assert recorded == [at("2024-03-04T10:00+06:00")] * 2


def test_registration_in_time_is_not_told() -> None:
    """Of Friday 01.03.2024: the Saturday after it was worked, so Monday is late."""
    friday = "2024-03-01T15:00+06:00"
    in_time = course(("2024-03-02T17:00+06:00", registered(friday)), until="2024-03-03")
    assert not in_time.missed()
    assert not in_time.dues("registration-1")
    late = course(("2024-03-04T10:00+06:00", registered(friday)), until="2024-03-05")
    assert late.missed() == [("registration-1", "2024-03-02 18:00")]


def test_data_term_expires_and_returns() -> None:
    """Asked until 10.12.2025 24:00 and not brought."""
    until = at("2025-12-11T00:00+06:00")
    found = course(
        kg("2025-12-01T10:00+06:00"),
        ("2025-12-03T10:00+06:00", DataRequested(missing=("address",), until=until)),
        until="2026-02-01",
    )
    assert found.of(DataTermExpired) == [DataTermExpired(term="data-1", due=until)]
    assert [event[0] for event in found.events if isinstance(event[1], DataTermExpired)] == [until.isoformat()]
    assert folded(*found.events)[0].standing.state == "RETURNED"
    assert found.missed() == []


def pausing() -> Policies:
    """Kyrgyzstan, if a request for data stops the term."""
    (law,) = POLICIES.by_jurisdiction["KG"]
    answer = law.answer.model_copy(update={"pauses": {"appeal.data-requested": "appeal.data-provided"}})
    paused = law.model_copy(update={"terms": {**law.terms, "answer": answer}})
    return Policies({"KG": [paused]}, POLICIES.calendars)


def resumed(asked: str, provided: str) -> str:
    """The last day of a term of 19.12.2025 after that pause."""
    found = course(
        kg("2025-12-01T10:00+06:00"),
        (asked, DataRequested(missing=("address",), until=at("2026-01-30"))),
        (provided, DataProvided()),
        until="2025-12-18T10:00+06:00",
        policies=pausing(),
    )
    (data,) = found.of(TermResumed)
    assert isinstance(data, TermResumed)
    (time,) = [event[0] for event in found.events if event[1] is data]
    assert at(time) == at(provided)
    return str(last_day(data.due, POLICIES.calendars["KG"]))


def test_pause_adds_its_working_days() -> None:
    """Asked on Friday evening, brought on Tuesday morning: the Monday. A weekend adds nothing."""
    assert resumed("2025-12-05T17:00+06:00", "2025-12-09T09:00+06:00") == "2025-12-22"
    assert resumed("2025-12-05T17:00+06:00", "2025-12-07T12:00+06:00") == "2025-12-19"
    assert resumed("2025-12-05T17:00+06:00", "2025-12-08T09:00+06:00") == "2025-12-19"


def test_paused_term_is_not_missed() -> None:
    asked = ("2025-12-05T17:00+06:00", DataRequested(missing=("address",), until=at("2026-01-30")))
    found = course(kg("2025-12-01T10:00+06:00"), asked, until="2026-01-20", policies=pausing())
    assert found.missed() == []


def test_silence_is_a_deemed_refusal() -> None:
    """In Kazakhstan the window for a complaint, of three months, starts from it."""
    received = "2022-02-14T10:00+06:00"
    found = course((received, registered(received, jurisdiction="KZ")), until="2022-04-01")
    assert found.missed() == [("answer-1", "2022-03-05 18:00")]
    assert found.dues("complaint-1") == ["2022-06-06 18:00"]


def test_answer_opens_the_complaint_window() -> None:
    received = "2022-02-14T10:00+06:00"
    answered = ("2022-02-28T10:00+06:00", Answered(outcome="refused"))
    found = course((received, registered(received, jurisdiction="KZ")), answered, until="2022-12-01")
    assert found.dues("complaint-1") == ["2022-05-30 18:00"]
    assert found.missed() == []


def test_return_opens_the_complaint_window() -> None:
    """Also the return of an appeal whose data were not brought: three months from the day on which they were due."""
    received = "2022-02-14T10:00+06:00"
    asked = ("2022-02-15T10:00+06:00", DataRequested(missing=("address",), until=at("2022-02-22T00:00+06:00")))
    found = course((received, registered(received, jurisdiction="KZ")), asked, until="2022-12-01")
    assert found.dues("complaint-1") == ["2022-05-23 18:00"]


def test_reopened_appeal_keeps_its_first_lateness() -> None:
    found = course(
        kg("2025-12-01T10:00+06:00"),
        ("2026-01-05T10:00+06:00", Answered(outcome="refused")),
        ("2026-02-02T10:00+06:00", Reopened(body="a", authority="court", decided=at("2026-02-02T10:00+06:00"))),
        ("2026-02-10T10:00+06:00", Answered(outcome="satisfied")),
        until="2026-04-01",
    )
    assert found.missed() == [("answer-1", "2025-12-19 18:00")]
    assert found.dues("answer-2") == ["2026-02-20 18:00"]


def test_extension_asks_for_a_notice() -> None:
    """In Kazakhstan within three working days."""
    received = "2022-02-14T10:00+06:00"
    extended = ("2022-03-01T10:00+06:00", TermExtended(term="answer-1", due=at("2022-04-02T00:00+06:00")))
    found = course((received, registered(received, jurisdiction="KZ")), extended, until="2022-03-20")
    assert found.dues("notice-1") == ["2022-03-04 18:00"]
    assert found.missed() == [("notice-1", "2022-03-04 18:00")]


def test_ladder_is_climbed_once() -> None:
    """Each step once, at the begin of work; after the answer no further one."""
    ladder = [
        ("2025-12-16T09:00", "executor"), ("2025-12-22T09:00", "head"), ("2025-12-26T09:00", "superior"),
        ("2026-01-13T09:00", "prosecutor"),
    ]  # fmt: skip
    assert told(until="2026-06-01") == ladder
    answered = ("2025-12-23T10:00+06:00", Answered(outcome="explained"))
    assert told(answered, until="2026-06-01") == ladder[:2]


def told(*events: Given, until: str) -> list[tuple[str, str]]:
    """When who is told of an appeal of 01.12.2025 in Kyrgyzstan."""
    found = course(kg("2025-12-01T10:00+06:00"), ("2025-12-02T10:00+06:00", Routed(body="a")), *events, until=until)
    local = POLICIES.calendars["KG"].local
    return [
        (f"{local(datetime.fromisoformat(event[0])):%Y-%m-%dT%H:%M}", event[1].to or "")
        for event in found.events
        if isinstance(event[1], Warned)
    ]


def test_outage_skips_useless_warnings() -> None:
    """After the due instant the breach is recorded, and nobody is warned of it."""
    opened = kg("2025-12-01T10:00+06:00")
    set = decide(*folded(opened), at("2025-12-01T10:00+06:00"), POLICIES)
    assert set is not None
    found = decide(*folded(opened, (opened[0], set.data)), at("2026-01-30"), POLICIES)
    assert found is not None
    assert isinstance(found.data, Missed)
