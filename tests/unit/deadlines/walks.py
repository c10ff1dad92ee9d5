"""Given: random lives of appeals that desks lead, with the clock at work in between, as the registrar admits both."""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from tests.unit.deadlines.history import APPEAL, Given, recorded, registered

from natija_deadlines.policies.policy import Policies
from natija_deadlines.terms.decide import decide, outlook
from natija_deadlines.terms.state import AppealTerms, evolve
from natija_events.ids import derived_event_id
from natija_events.lifecycle.transitions import CLOCK_SKEW, TABLE, find_violation
from natija_events.reference.data import ReferenceData
from natija_events.reference.entries import PublisherEntry
from natija_events.terms.facts import TermFact, facts_of
from natija_events.terms.lateness import Breach, judge
from natija_events.types import deadlines, intake, routing
from natija_events.types.base import EventData
from natija_events.types.deadlines import Term, TermSet
from natija_intake.registrar.checks.term_checks import find_wrong_term
from natija_intake.registrar.heads import NO_HEAD, advance

BEGIN = datetime(2025, 12, 1, 4, tzinfo=UTC)
END = datetime(2028, 6, 1, tzinfo=UTC)
CLOCK = "/services/deadlines"
_BODIES = ("a", "b", "c")
_REGISTER, _FED = "/registers/old", {"register_name": "old", "external_id": "1"}
_REFERENCE = ReferenceData(
    publishers={
        f"/desks/{body}": PublisherEntry(roles=frozenset({"desk"}), unsigned=True, body=body) for body in _BODIES
    }
    | {_REGISTER: PublisherEntry(roles=frozenset({"history"}), unsigned=True)}
)
_FAR = datetime(2028, 12, 1, tzinfo=UTC)


class Life:
    """An appeal on the log, with the registrar's head, and the row of deadlines."""

    def __init__(self, policies: Policies) -> None:
        self.policies = policies
        self.head, self.appeal, self.facts = NO_HEAD, AppealTerms(APPEAL), list[TermFact]()
        self.events: list[Given] = []
        self.ids: set[UUID] = set()

    def propose(self, time: datetime, now: datetime, data: EventData, source: str, id: UUID) -> str | None:
        """Register an event; or the rule that it breaks."""
        row = TABLE[data.type]
        event = recorded(len(self.events) + 1, time.isoformat(), data, source, id=id)
        if rule := find_violation(self.head.standing, APPEAL, time, data):
            return rule
        if row.backdating is not None and time < now - row.backdating - CLOCK_SKEW:
            return "is dated back"
        if wrong := find_wrong_term([event.event], [data], self.head, _REFERENCE, now):
            return f"{wrong.reason} {wrong.field} {wrong.rule}"
        if id in self.ids:
            return "reused"
        self.ids.add(id)
        self.events.append((time.isoformat(), data, source, id))
        self.head = advance(self.head, event.event, data)
        self.appeal = evolve(self.appeal, event)
        self.facts += facts_of(event)
        return None

    def catch_up(self, now: datetime) -> None:
        """All that the clock proposes at *now*. Every proposal is admitted, and they end."""
        for _ in range(80):
            event = decide(self.appeal, self.facts, now, self.policies)
            if event is None:
                return
            id = derived_event_id(APPEAL, event.data.type, *event.basis)
            rule = self.propose(event.time or now, now, event.data, CLOCK, id)
            assert rule is None, (rule, event, self.events)
        raise AssertionError("it does not end")

    def run(self, since: datetime, until: datetime) -> None:
        """The clock at work: it wakes at each of its timers, and at no other time."""
        now = since
        while True:
            self.catch_up(now)
            found = outlook(self.appeal, self.facts, self.policies, now=now).next
            if found is None or found.at > until:
                return
            assert found.at > now, found
            now = found.at

    @property
    def terms(self) -> list[Term]:
        """All that were set."""
        set = [event[1] for event in self.events if isinstance(event[1], TermSet)]
        return [term for data in set for term in data.terms or ()]

    def breaches(self) -> Sequence[Breach]:
        return judge(self.facts, END).breaches


class Step(NamedTuple):
    """The act of a desk at *time*, if it is lawful, or of the *register* that feeds the appeal. *attended*: the clock
    is at work until then."""

    time: datetime
    data: EventData
    attended: bool
    register: bool = False


def random_steps(seed: int, jurisdiction: str, fed: int = 0) -> list[Step]:
    """The steps of an appeal: its registration, and up to ten acts. A register feeds the first *fed* of them."""
    chance = random.Random(seed)
    received = BEGIN - timedelta(days=chance.choice((0, 0, 0, 3, 120)))
    time = BEGIN
    opened = registered(received.isoformat(), jurisdiction=jurisdiction, addressee="a", **(_FED if fed else {}))
    steps = [Step(time, opened, True, fed > 0)]
    for number in range(1, chance.randrange(2, 12)):
        time += timedelta(hours=chance.choice((0, 1, 30, 100, 300, 1000)), minutes=chance.randrange(1, 600))
        acts = (*_ACTS, *_REGISTERED) if number < fed else _ACTS
        steps.append(Step(time, chance.choice(acts)(chance, time), chance.random() < 0.5, number < fed))
    return steps


def live(steps: Sequence[Step], policies: Policies, *, prompt: bool) -> Life:
    """The life of an appeal. *prompt*: the clock is always at work; otherwise it is down before steps unattended."""
    life, since = Life(policies), BEGIN
    for number, step in enumerate(steps):
        if number and (prompt or step.attended):
            life.run(since, step.time)
        since = step.time
        id = derived_event_id(APPEAL, "desk", str(number))
        held = life.head.holding
        desk = f"/desks/{held.holder or held.addressee or 'a'}"
        life.propose(step.time, step.time, step.data, _REGISTER if step.register else desk, id)
    life.run(since, END)
    return life


_Act = Callable[[random.Random, datetime], EventData]
_ACTS: tuple[_Act, ...] = (
    lambda chance, time: routing.Routed(body=chance.choice(_BODIES), executor=chance.choice((None, "e"))),
    lambda chance, time: routing.Forwarded(body=chance.choice(_BODIES)),
    lambda chance, time: routing.Forwarded(body=chance.choice(_BODIES)),
    lambda chance, time: routing.Forwarded(body="out", external=True),
    lambda chance, time: routing.ForwardedInPart(body="b", child="KG-0000-0000-0000-00", part=1),
    lambda chance, time: routing.DataRequested(missing=("address",), until=_FAR),
    lambda chance, time: routing.DataRequested(missing=("address",), until=time + timedelta(days=10)),
    lambda chance, time: routing.DataProvided(),
    lambda chance, time: routing.DataProvided(),
    lambda chance, time: intake.DuplicateLinked(of="KG-0000-0000-0000-00"),
    lambda chance, time: intake.DuplicateUnlinked(signer="s"),
    lambda chance, time: routing.Answered(outcome="explained"),
    lambda chance, time: routing.Returned(reason="x"),
    lambda chance, time: routing.Reopened(body=chance.choice("ab"), authority="court", decided=time),
    lambda chance, time: routing.PreliminaryDecisionSent(),
    lambda chance, time: intake.ComplaintFiled(complaint="KG-0000-0000-0000-00"),
    lambda chance, time: intake.NoticeSent(about="appeal.term-extended", sequence=1, channel="electronic"),
    lambda chance, time: deadlines.TermExtended(
        term=chance.choice(("answer-1", "answer-2")), due=time + timedelta(days=chance.choice((3, 20)))
    ),
    lambda chance, time: intake.Withdrawn(),
)
_REGISTERED: tuple[_Act, ...] = (
    lambda chance, time: TermSet(due=time + timedelta(days=chance.choice((2, 20)))),
    lambda chance, time: TermSet(due=time + timedelta(days=chance.choice((2, 20)))),
)
