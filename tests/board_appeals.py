"""Appeals for the control board, as of noon on 30 March 2026 in Bishkek: in breach, due, confidential, complaints."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.unit.deadlines.history import Given, at, history, registered

from natija_chassis.clock import FixedClock
from natija_chassis.pages.data_age import DataAge
from natija_chassis.realm.realm_files import load_reference_data
from natija_chassis.service_app import ServicePages
from natija_deadlines.board import site
from natija_deadlines.policies.policy import load_policies
from natija_deadlines.terms.projection import TermsProjection
from natija_events.ids import derived_appeal_number
from natija_events.reference.entries import BodyEntry
from natija_events.types.deadlines import Term, TermOrigin, TermSet, Warned
from natija_events.types.routing import Answered, Forwarded, Routed
from natija_events.wire.record import RecordedEvent

POLICIES = load_policies()
CLOCK = FixedClock(datetime(2026, 3, 30, 6, tzinfo=UTC))
DATA = replace(
    load_reference_data(Path(__file__).parents[1] / "deploy/realms/kg"),
    bodies={
        "ministry": BodyEntry(names={"ru": "Министерство транспорта", "ky": "Транспорт министрлиги"}),
        "agency": BodyEntry(names={"ru": "Агентство дорог", "ky": "Жол агенттиги"}, superior="ministry"),
        "court": BodyEntry(names={"ru": "Судебный департамент", "ky": "Сот департаменти"}),
    },
)


def number(name: str) -> str:
    """The number of the appeal that this module calls *name*."""
    return derived_appeal_number("KG", name)


def board_on(engine: Any) -> ServicePages:
    """The pages on the database of *engine*."""
    age = DataAge("current", CLOCK.now())
    return site.build(engine, TermsProjection(POLICIES), lambda: DATA, CLOCK, lambda: age)


def appeals() -> Mapping[str, list[RecordedEvent]]:
    """All of them, by name."""
    due = term("answer-1", "2026-02-02T10:00+06:00", 1).due
    told = [
        (f"{day}T09:00+06:00", Warned(term="answer-1", due=due, step=step, to=to))
        for step, (day, to) in enumerate((("2026-02-17", "executor"), ("2026-02-23", "head")), 1)
    ]
    return {
        "late": appeal("late", "2026-02-02T10:00+06:00", *told, addressee="agency", body="agency", executor="deputy"),
        "secret": appeal(
            "secret", "2026-02-03T10:00+06:00", addressee="agency", body="agency", executor="deputy", confidential=True
        ),
        "about agency": appeal("about agency", "2026-02-04T10:00+06:00", body="agency", complained_of="agency"),
        "about handling": appeal(
            "about handling", "2026-02-05T10:00+06:00", body="ministry", kind="complaint", complaint_of=number("late")
        ),
        "court": appeal("court", "2026-02-06T10:00+06:00", body="court", executor="clerk"),
        "forwarded": _forwarded(),
        "today": appeal("today", "2026-03-09T10:00+06:00", body="agency", executor="deputy", due="2026-03-31T00:00+06"),
        "week": appeal("week", "2026-03-16T10:00+06:00", body="court", due="2026-04-04T00:00+06:00"),
        "closed": appeal(
            "closed", "2026-02-02T10:00+06:00", ("2026-03-20T10:00+06:00", Answered(outcome="explained")), body="court"
        ),
    }


def appeal(
    name: str, received: str, *more: Given, body: str, executor: str | None = None, due: str | None = None, **given: Any
) -> list[RecordedEvent]:
    """An appeal of *received* that *body* got at once, with its term: *due*, or as the policy counts."""
    return history(
        (received, registered(received, **given)),
        (received, Routed(body=body, executor=executor)),
        (received, TermSet(terms=(term("answer-1", received, 1, due),))),
        *more,
        appeal=number(name),
    )


def term(id: str, since: str, origin: int, due: str | None = None) -> Term:
    """A term that counts *since* then, from the event *origin*."""
    found = POLICIES.deadline("KG", "application", at(since)).deadline
    return Term(
        id=id, origin=TermOrigin(sequence=origin, instant=at(since)), starts=found.starts,
        due=at(due) if due else found.due, policy="kg-law-67/1", calendar=found.calendar, zonedata="2026a",
        ends=("end", "appeal.forwarded") if id.startswith("answer") else ("end",),
    )  # fmt: skip


def _forwarded() -> list[RecordedEvent]:
    """The agency missed its term, then forwarded: the department is in time, the term of all bodies is not."""
    received, sent = "2026-02-09T10:00+06:00", "2026-03-23T10:00+06:00"
    overall = term("overall-1", received, 5)
    return appeal(
        "forwarded", received, ("2026-03-20T10:00+06:00", Routed(body="agency", executor="deputy")),
        (sent, Forwarded(body="court")),
        (sent, TermSet(terms=(term("answer-2", sent, 5), overall))), body="agency",
    )  # fmt: skip
