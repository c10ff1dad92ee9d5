"""The public status of each state of an appeal, and the generation of its access code."""

from typing import get_args

import pytest
from tests.unit.deadlines.history import recorded

from natija_events.lifecycle.transitions import OPEN, State
from natija_events.types.intake import AccessCodeReplaced
from natija_events.types.routing import Forwarded, Routed
from natija_intake.appeals.status import PublicStatus, label, public_status
from natija_intake.registrar.heads import NO_HEAD, Head, evolve


def head(state: State, *, extended: bool = False) -> Head:
    return NO_HEAD._replace(standing=NO_HEAD.standing._replace(state=state), extended=extended)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("REGISTERED", "received"),
        ("ROUTED", "in_work"),
        ("IN_WORK", "in_work"),
        ("ON_APPROVAL", "in_work"),
        ("ON_SIGNING", "in_work"),
        ("AWAITING_DATA", "needs_your_data"),
        ("FORWARDED", "forwarded"),
        ("ANSWERED", "answered"),
        ("RETURNED", "closed"),
        ("WITHDRAWN", "closed"),
        ("NOT_CONSIDERED", "closed"),
        ("TERMINATED", "closed"),
        ("MERGED_AS_DUPLICATE", "closed"),
    ],
)
def test_each_state_has_a_status(state: State, status: PublicStatus) -> None:
    assert public_status(head(state)) == status


def test_appeal_without_head_is_being_registered() -> None:
    assert public_status(None) == "being_registered"


def test_extended_term_shows_until_answer() -> None:
    for state in OPEN:
        wanted = "needs_your_data" if state == "AWAITING_DATA" else "term_extended"
        assert public_status(head(state, extended=True)) == wanted
    assert public_status(head("ANSWERED", extended=True)) == "answered"


def test_forwarded_until_the_body_routes() -> None:
    sent = evolve(head("IN_WORK", extended=True), recorded(4, "2024-03-04T10:00", Forwarded(body="city-hall")), hash="")
    assert public_status(sent) == "forwarded"
    assert public_status(evolve(sent, recorded(5, "2024-03-05T10:00", Routed(body="city-hall")), hash="")) == "in_work"


def test_code_generation_only_rises() -> None:
    """Two who replace the code at once mean the same generation."""
    found = NO_HEAD
    for sequence, (generation, expected) in enumerate([(2, 2), (2, 2), (3, 3), (1, 3)], 1):
        replaced = recorded(sequence, "2024-03-04T10:00", AccessCodeReplaced(generation=generation))
        found = evolve(found, replaced, hash="")
        assert found.code_generation == expected


def test_every_status_has_a_label() -> None:
    assert all(label(status) for status in get_args(PublicStatus))
