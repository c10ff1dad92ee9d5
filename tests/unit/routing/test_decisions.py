"""Given what is on the log, when routing decides, then the appeal is sent to a body or waits for a person."""

from datetime import date
from pathlib import Path

import pytest
from tests.unit.deadlines.history import APPEAL, history, registered

from natija_chassis.realm import directory
from natija_events.types.base import EventData
from natija_events.types.intake import Withdrawn
from natija_events.types.routing import Answered, Forwarded, Routed, TopicAssigned
from natija_routing.assignment.decide import Original, decide
from natija_routing.assignment.state import Route, evolve
from natija_routing.competence import rules
from natija_routing.competence.rules import Bodies, NoCompetentBody

REALM = Path(__file__).parents[3] / "deploy" / "realms" / "kg"
DIRECTORY = directory.load_directory(REALM / "directory.yaml")
BODIES = Bodies({id: body.under for id, body in DIRECTORY.bodies.items()})
RULES = rules.load_competence(
    REALM / "competence.yaml",
    {"topics": DIRECTORY.topics, "regions": DIRECTORY.regions, "bodies": DIRECTORY.bodies},
)
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


def test_an_appeal_with_a_topic_goes_to_the_competent_body_with_the_rule_that_says_so() -> None:
    assert when(opened(topic="roads", region="bishkek")) == Routed(body="mayor-bishkek", rule="roads-bishkek/1")


def test_an_appeal_without_a_topic_waits_until_one_is_assigned() -> None:
    assert when(opened(region="bishkek")) == NoCompetentBody("no_topic")
    assigned = ("2026-11-20T11:00+06:00", TopicAssigned(topic="health"))
    assert when(opened(region="bishkek"), assigned) == Routed(body="ministry-health", rule="health/1")


def test_a_complaint_never_goes_to_the_body_complained_of() -> None:
    complaint = opened(kind="complaint", topic="health", complained_of="ministry-health")
    assert when(complaint) == Routed(body="government-apparatus", rule="health/1/superior")


def test_a_complaint_of_an_earlier_appeal_never_goes_to_the_body_that_held_it() -> None:
    complaint = opened(kind="complaint", topic="health", complaint_of=ORIGINAL)
    found = when(complaint, original=Original("ministry-health"))
    assert found == Routed(body="government-apparatus", rule="health/1/superior")


def test_a_complaint_of_an_appeal_that_no_body_held_goes_where_its_topic_says() -> None:
    complaint = opened(kind="complaint", topic="health", complaint_of=ORIGINAL)
    assert when(complaint, original=Original(None)) == Routed(body="ministry-health", rule="health/1")


def test_a_complaint_of_an_appeal_that_is_not_known_here_waits_for_a_person() -> None:
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
def test_who_has_a_body_or_an_end_is_left_alone(then: EventData) -> None:
    assert when(opened(topic="roads"), ("2026-11-20T11:00+06:00", then)) is None


def test_imported_history_is_left_as_it_was_brought() -> None:
    assert when(opened(topic="roads", register_name="old", external_id="1")) is None
