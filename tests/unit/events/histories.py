"""Given: histories of appeals, as the log has them, and what a plain fold says of them as of an instant."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from tests.sealing import to_json

from natija_events.ids import derived_appeal_number, derived_event_id
from natija_events.kafka import partition_of
from natija_events.lifecycle import transitions
from natija_events.lifecycle.fold import fold
from natija_events.terms.lateness import ANSWER_KINDS, Breach, lateness
from natija_events.types import deadlines, intake, routing
from natija_events.types.base import EventData
from natija_events.wire import record
from natija_events.wire.envelope import Event, Stamp, write_headers
from natija_events.wire.hash_chain import GENESIS
from natija_events.wire.record import RecordedEvent

START = datetime(2019, 1, 1, tzinfo=UTC)
UNKNOWN = "appeal.foreseen.v7"


def hour(number: float) -> datetime:
    """An instant so many hours after the first."""
    return START + timedelta(hours=number)


def appeal_number(number: int) -> str:
    return derived_appeal_number("KG", "given", str(number))


def registered(received: datetime, **more: Any) -> intake.Registered:
    given = {"kind": "application", "form": "written", "channel": "other", "jurisdiction": "KG"}
    return intake.Registered.model_validate({**given, "received": received, **more})


class Log:
    """A log that grows; every event is chained to the one before it of its appeal."""

    def __init__(self) -> None:
        self.events: list[RecordedEvent] = []
        self._ends: Counter[int] = Counter()
        self._of: dict[str, list[RecordedEvent]] = {}

    def add(self, appeal: str, time: datetime, data: EventData | None) -> RecordedEvent:
        """Register one more event; data None makes one of a type that nobody knows yet."""
        before = self._of.setdefault(appeal, [])
        partition = partition_of(appeal.encode())
        self._ends[partition] += 1
        place = self._ends[partition]
        event = Event(
            id=derived_event_id(appeal, str(len(before))),
            source="/tests",
            type=UNKNOWN if data is None else data.type,
            subject=appeal,
            time=time,
            data=b'{"new":1}' if data is None else to_json(data),
        )
        previous = before[-1].hash if before else GENESIS
        stamp = Stamp(len(before) + 1, place, hour(1000) + timedelta(seconds=len(self.events)), place, 0, previous)
        recorded = record.read_recorded_event(partition, 2 * place, event.data, write_headers(event, stamp))
        before.append(recorded)
        self.events.append(recorded)
        return recorded

    def of(self, appeal: str) -> list[RecordedEvent]:
        return self._of[appeal]

    @property
    def appeals(self) -> list[str]:
        return list(self._of)


def random_log(appeals: int, seed: int) -> Log:
    """Lawful histories of every kind: long and short, in and out of the order of time, many events at one time."""
    chance = random.Random(seed)
    log = Log()
    lives = [_life(log, number, chance) for number in range(appeals)]
    while lives:  # interleaved, as a log is
        life = chance.choice(lives)
        if next(life, None) is None:
            lives.remove(life)
    return log


def _life(log: Log, number: int, chance: random.Random) -> Iterator[RecordedEvent]:
    appeal = appeal_number(number)
    first = chance.randrange(6)
    standing = transitions.INITIAL
    opening = registered(
        hour(first + chance.choice((0, 0, -3, 2))),
        region=chance.choice((None, "chuy", "talas")),
        topic=chance.choice((None, "tax")),
        external_id=f"x{number}",
    )
    data: EventData | None = opening
    time = hour(first)
    for _ in range(chance.choice((1, 2, 4, 8, 14))):
        event = log.add(appeal, time, data)
        standing = transitions.evolve(standing, event.type, time, data)
        yield event
        for _ in range(30):
            time, data = hour(first + chance.randrange(24)), chance.choice(_POSSIBLE)(chance)
            if data is None or transitions.find_violation(standing, appeal, time, data) is None:
                break
        else:
            return


def _due(chance: random.Random) -> datetime:
    return hour(chance.randrange(30))


def _id(chance: random.Random) -> str:
    return chance.choice(("answer-1", "answer-2", "data-1"))


def _term(chance: random.Random) -> deadlines.Term:
    return deadlines.Term(
        id=_id(chance),
        holder=chance.choice((None, "A", "B", "applicant")),
        origin=deadlines.TermOrigin(sequence=chance.randrange(1, 6), instant=hour(chance.randrange(6))),
        due=_due(chance),
        ends=chance.choice((("end",), ("end", "appeal.forwarded"), ("appeal.data-provided",))),
        pauses=chance.choice(((), (), ("appeal.data-requested", "appeal.routed"))),
        expiry=chance.choice(("breach", "breach", "deemed-refusal", "return", "none")),
    )


_POSSIBLE = (
    lambda chance: deadlines.TermSet(due=_due(chance)),
    lambda chance: deadlines.TermSet(due=_due(chance)),
    lambda chance: deadlines.TermSet(terms=tuple(_term(chance) for _ in range(chance.choice((1, 1, 2))))),
    lambda chance: deadlines.TermSet(terms=(_term(chance),)),
    lambda chance: deadlines.TermResumed(term=_id(chance), due=_due(chance)),
    lambda chance: deadlines.TermCorrected(term=_id(chance), due=_due(chance), was=_due(chance), reason="decree"),
    lambda chance: deadlines.Missed(term=_id(chance), due=hour(chance.choice((3, 7)))),
    lambda chance: deadlines.TermAnnulled(term=_id(chance), due=hour(chance.choice((3, 7))), reason="decree"),
    lambda chance: routing.Forwarded(body=chance.choice("AB")),
    lambda chance: routing.Reopened(body=chance.choice("AB"), authority="court", decided=hour(0)),
    lambda chance: deadlines.TermExtended(term="answer-1", due=_due(chance)),
    lambda chance: deadlines.TermExtended(term=_id(chance), due=_due(chance)),
    lambda chance: deadlines.Warned(term="answer-1", due=_due(chance)),
    lambda chance: routing.Routed(body=chance.choice("AB"), executor=chance.choice((None, "e"))),
    lambda chance: routing.Forwarded(body="out", external=True),
    lambda chance: routing.TopicAssigned(topic=chance.choice(("land", "labour"))),
    lambda chance: routing.DataRequested(missing=("address",), until=_due(chance)),
    lambda chance: routing.DataProvided(),
    lambda chance: intake.DuplicateLinked(of="KG-0000-0000-0000-00"),
    lambda chance: intake.DuplicateLinked(of="KG-0000-0000-0000-00"),
    lambda chance: intake.DuplicateUnlinked(signer="s"),
    lambda chance: intake.RepeatLinked(of="KG-0000-0000-0000-00"),
    lambda chance: routing.Answered(outcome="explained"),
    lambda chance: intake.Withdrawn(),
    lambda chance: routing.ReviewTerminated(reason="own_decision_in_force"),
    lambda chance: routing.Reopened(body=chance.choice("AB"), authority="court", decided=hour(0)),
    lambda chance: routing.AnswerClarified(),
    lambda chance: None,
)


class AppealLateness(NamedTuple):
    """The fold of one appeal as of an instant."""

    number: str
    body: str | None
    topic: str | None
    region: str | None
    due: datetime | None
    closed: datetime | None
    breaches: tuple[Breach, ...]

    @property
    def overdue(self) -> bool:
        return any(breach.kind in ANSWER_KINDS for breach in self.breaches)


def appeal_lateness(log: Log, at: datetime, known: datetime | None = None) -> list[AppealLateness]:
    """The lateness of all appeals that had been received by *at*, by number."""
    found = []
    for number in sorted(log.appeals):
        events = log.of(number)
        if late := lateness(events, at, known):
            seen = [one for one in events if one.time <= at and (known is None or one.recordedtime <= known)]
            happened = sorted(seen, key=lambda one: (one.time, one.sequence))
            appeal = fold(happened)
            assert appeal
            found.append(AppealLateness(number, appeal.body, appeal.topic, appeal.region, *late))
    return found
