"""Heads: what admission keeps of an appeal is bounded, and what the applicant is told follows from it."""

from datetime import UTC, datetime

import pytest
from tests.sealing import sealed_event
from tests.unit.intake.realm import HISTORY, NOW

from natija_events.ids import appeal_number
from natija_events.types.base import EventData
from natija_events.types.codes import WORD_CHARACTERS
from natija_events.types.deadlines import Term, TermExtension, TermOrigin, TermSet
from natija_events.types.intake import DuplicateLinked, Registered
from natija_events.types.routing import Answered, DataRequested, Forwarded, Reopened, Routed
from natija_intake.registrar.heads import NO_HEAD, Head, advance

NUMBER = appeal_number("KG", 5)
HEAD_BYTES = 2_048
LATEST = datetime(9998, 1, 1, tzinfo=UTC)
LONG = "\U00020000" * WORD_CHARACTERS
"""The longest name of a body, in letters of four bytes."""


def registered(**more: object) -> Registered:
    least = {"kind": "application", "form": "written", "channel": "post", "received": NOW, "jurisdiction": "KG"}
    return Registered.model_validate({**least, **more})


def after(*events: EventData, source: str = HISTORY) -> Head:
    """The head after *events* of *source*."""
    head = NO_HEAD
    for data in events:
        head = advance(head, sealed_event(source, NUMBER, NOW, data), data)
    return head


@pytest.mark.parametrize(
    ("events", "body"),
    [
        ([registered()], None),
        ([registered(addressee="a")], "a"),
        ([registered(addressee="a"), Routed(body="b")], "b"),
        ([registered(), Routed(body="b"), Forwarded(body="c")], "c"),
        ([registered(), Routed(body="b"), Forwarded(body="out", external=True)], "out"),
        (
            [
                registered(),
                Forwarded(body="out", external=True),
                Reopened(body="d", authority="court", decided=datetime(2026, 1, 1, tzinfo=UTC)),
            ],
            "d",
        ),
    ],
)
def test_applicant_is_told_the_body(events: list[EventData], body: str | None) -> None:
    assert after(*events).body == body


def test_reopened_head_has_no_term() -> None:
    reopened = Reopened(body="d", authority="court", decided=datetime(2026, 1, 1, tzinfo=UTC))
    head = after(
        registered(), Routed(body="b"), Forwarded(body="c"), TermSet(due=NOW), Answered(outcome="refused"), reopened
    )
    assert (head.standing.state, head.due, head.forwarded, head.extended) == ("TRANSFERRED", None, False, False)


def longest_terms() -> TermSet:
    """As many terms with limits as one event may have, each with the longest ones."""
    extension = TermExtension(latest=LATEST, times=9, until=LATEST, roles=("desk", "oversight"))
    origin = TermOrigin(sequence=1, instant=NOW)
    return TermSet(
        terms=tuple(
            Term(id=f"clarification-{number}", origin=origin, due=LATEST, extension=extension)
            for number in range(900, 908)
        )
    )


@pytest.mark.parametrize(
    "last", [Forwarded(body=LONG, external=True), DuplicateLinked(of=appeal_number("KG", 4)), Routed(body=LONG)]
)
def test_largest_head_is_bounded(last: EventData) -> None:
    """However long names are and however many events there were, a head stays within 2 KB."""
    rounds = [Forwarded(body=LONG), longest_terms(), DataRequested(missing=("a",), until=NOW)] * 100
    opening = registered(addressee=LONG, register_name="r" * 64)
    head = after(opening, *rounds, last, source="/registers/" + "o" * 116)
    assert len(repr(head).encode()) <= HEAD_BYTES


def test_addressee_counts_before_holder_only() -> None:
    before = after(registered(addressee="a"))
    assert (before.holding.addressee, before.body) == ("a", "a")
    held = after(registered(addressee="a"), Routed(body="b"))
    assert (held.holding.addressee, held.body) == (None, "b")
