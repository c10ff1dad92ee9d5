"""Given what is on the log, when routing decides, then the appeal is sent to a body or waits for a person."""

from datetime import date
from pathlib import Path

import pytest
from tests.unit.deadlines.history import APPEAL, history, registered

from natija_chassis.realm.realm_files import load_reference_data
from natija_events.types.base import EventData
from natija_events.types.intake import Withdrawn
from natija_events.types.routing import Answered, Forwarded, Routed, TopicAssigned
from natija_routing.assignment.decide import Original, decide
from natija_routing.assignment.state import Route, evolve
from natija_routing.competence import rules
from natija_routing.competence.rules import Bodies, NoCompetentBody

REALM = Path(__file__).parents[3] / "deploy" / "realms" / "kg"
BODIES = Bodies({id: body.superior for id, body in load_reference_data(REALM).bodies.items()})
RULES = rules.load_competence(REALM / "competence.yaml")
RECEIVED = "2026-11-20T10:00+06:00"
ORIGINAL = "KG-0000-0000-0000-00"


def opened(**more: str) -> tuple[str, EventData]:
    return RECEIVED, registered(RECEIVED, **more)


def given(*events: tuple[str, EventData]) -> Route:
    route = Route(APPEAL)
    for event in history(*events):
        route = evolve(route, event)
    return route


def when(*events: tuple[str, EventData], original: Original | None = None) -> Routed | NoCompetentBody | None:
    return decide(given(*events), original, date(2026, 11, 20), RULES, BODIES)


def test_appeal_goes_to_competent_body() -> None:
    """The event cites the rule."""
    assert when(opened(topic="roads", region="bishkek")) == Routed(body="mayor-bishkek", rule="roads-bishkek/1")


def test_appeal_waits_for_a_topic() -> None:
    assert when(opened(region="bishkek")) == NoCompetentBody("no_topic")
    assigned = ("2026-11-20T11:00+06:00", TopicAssigned(topic="health"))
    assert when(opened(region="bishkek"), assigned) == Routed(body="ministry-health", rule="health/1")


def test_complaint_goes_to_another_body() -> None:
    complaint = opened(kind="complaint", topic="health", complained_of="ministry-health")
    assert when(complaint) == Routed(body="government-apparatus", rule="health/1/superior")


def test_complaint_avoids_earlier_holder() -> None:
    """Of the appeal whose handling is complained of."""
    complaint = opened(kind="complaint", topic="health", complaint_of=ORIGINAL)
    found = when(complaint, original=Original("ministry-health"))
    assert found == Routed(body="government-apparatus", rule="health/1/superior")


def test_original_without_holder_excludes_nobody() -> None:
    complaint = opened(kind="complaint", topic="health", complaint_of=ORIGINAL)
    assert when(complaint, original=Original(None)) == Routed(body="ministry-health", rule="health/1")


def test_unknown_original_waits() -> None:
    """Nobody can tell which body may not judge."""
    complaint = opened(kind="complaint", topic="health", complaint_of=ORIGINAL)
    assert when(complaint) == NoCompetentBody("original_unknown")


@pytest.mark.parametrize(
    "then",
    [
        Routed(body="ministry-health"),
        Forwarded(body="ministry-health"),
        Forwarded(body="elsewhere", external=True),
        Withdrawn(),
        Answered(outcome="explained"),
    ],
)
def test_routed_or_closed_needs_nothing(then: EventData) -> None:
    assert when(opened(topic="roads"), ("2026-11-20T11:00+06:00", then)) is None


def test_imported_history_is_not_routed() -> None:
    assert when(opened(topic="roads", register_name="old", external_id="1")) is None
