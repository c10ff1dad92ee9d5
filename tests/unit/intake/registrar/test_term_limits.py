"""Refusals of terms by the registrar: by the head alone, each with its rule."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.unit.intake.realm import DESK, HISTORY, REFERENCE

from natija_events.ids import derived_appeal_number, derived_event_id
from natija_events.lifecycle.holding import Holding
from natija_events.lifecycle.transitions import Standing
from natija_events.reference.data import ReferenceData
from natija_events.reference.entries import PublisherEntry
from natija_events.types.base import EventData
from natija_events.types.deadlines import (
    Term,
    TermCorrected,
    TermExtended,
    TermExtension,
    TermOrigin,
    TermResumed,
    TermSet,
)
from natija_events.wire.envelope import Event
from natija_events.wire.rejection import Rejection
from natija_intake.registrar.checks.term_checks import find_wrong_due, find_wrong_term
from natija_intake.registrar.heads import Head, advance
from natija_intake.registrar.term_limits import NO_LIMITS, TermLimits, evolve_limits, read_limits, without_answers

APPEAL = derived_appeal_number("KG", "limits")
DUE = datetime(2026, 3, 20, 18, tzinfo=UTC)
LATEST = datetime(2026, 4, 19, 18, tzinfo=UTC)
BEFORE, DAY = DUE - timedelta(hours=1), timedelta(days=1)
OVERSIGHT = "/desks/prosecutor"
WITH_OVERSIGHT = ReferenceData(
    publishers={
        **REFERENCE.publishers,
        DESK: PublisherEntry(roles=frozenset({"desk"}), unsigned=True, body="ministry-health"),
        OVERSIGHT: PublisherEntry(roles=frozenset({"oversight"}), unsigned=True),
    }
)


def term(id: str = "answer-1", **limits: Any) -> Term:
    extension = TermExtension(**{"latest": LATEST, **limits})
    return Term(id=id, origin=TermOrigin(sequence=1, instant=DUE), due=DUE, extension=extension)


def limits_of(*events: EventData) -> TermLimits:
    limits = NO_LIMITS
    for data in events:
        limits = evolve_limits(limits, data)
    return limits


def extended(due: datetime, id: str = "answer-1") -> TermExtended:
    return TermExtended(term=id, due=due)


def refusal(limits: TermLimits, *data: EventData, source: str = DESK, appended: datetime = BEFORE) -> Rejection | None:
    events = [
        Event(derived_event_id(APPEAL, str(place)), source, one.type, APPEAL, appended, b"{}")
        for place, one in enumerate(data)
    ]
    return find_wrong_term(events, data, _HEAD._replace(limits=limits), WITH_OVERSIGHT, appended)


_HEAD = Head(Standing("ROUTED", sequence=2), Holding("ministry-health"), since=1)
SET = TermSet(terms=(term(),))


def test_extension_within_limits_passes() -> None:
    for due in (DUE + DAY, LATEST):
        assert refusal(limits_of(SET), extended(due)) is None
    assert refusal(limits_of(SET), extended(LATEST), appended=DUE) is None


@pytest.mark.parametrize(
    ("due", "appended", "source", "field", "rule"),
    [
        (datetime(2045, 1, 1, tzinfo=UTC), BEFORE, DESK, "due", "after the latest instant"),
        (LATEST + timedelta(microseconds=1), BEFORE, DESK, "due", "after the latest instant"),
        (DUE - DAY, BEFORE, DESK, "due", "not after the instant"),
        (DUE, BEFORE, DESK, "due", "not after the instant"),
        (LATEST, DUE + timedelta(seconds=1), DESK, "term", "any more"),
        (LATEST, BEFORE, OVERSIGHT, "term", "by this publisher"),
    ],
    ids=["to 2045", "beyond the latest", "into the past", "by nothing", "after the due instant", "role not named"],
)
def test_extension_beyond_limits_is_refused(
    due: datetime, appended: datetime, source: str, field: str, rule: str
) -> None:
    found = refusal(limits_of(SET), extended(due), source=source, appended=appended)
    assert found is not None
    assert (found.reason, found.field) == ("unlawful", field)
    assert rule in found.rule


def test_second_extension_is_refused() -> None:
    found = refusal(limits_of(SET, extended(DUE + DAY)), extended(LATEST))
    assert found is not None
    assert (found.field, found.rule) == ("term", "was extended as often as it may be")
    within = refusal(limits_of(SET), extended(DUE + DAY), extended(LATEST))
    assert within is not None
    assert within.field == "[1].term"
    twice = TermSet(terms=(term(times=2),))
    assert refusal(limits_of(twice, extended(DUE + DAY)), extended(LATEST)) is None


def test_extension_without_a_term_is_refused() -> None:
    """No term, another term, or one that has no limits."""
    unlimited = TermSet(terms=(Term(id="answer-1", origin=TermOrigin(sequence=1, instant=DUE), due=DUE),))
    for limits in (NO_LIMITS, limits_of(TermSet(terms=(term("answer-2"),))), limits_of(unlimited)):
        found = refusal(limits, extended(LATEST))
        assert found is not None
        assert (found.field, found.rule) == ("term", "is not a term of this appeal that may be extended")


def test_limits_may_end_before_the_term() -> None:
    early = limits_of(TermSet(terms=(term(until=DUE - DAY),)))
    assert refusal(early, extended(LATEST), appended=DUE - DAY) is None
    assert refusal(early, extended(LATEST), appended=DUE - DAY + timedelta(seconds=1)) is not None


def test_named_role_may_extend() -> None:
    limits = limits_of(TermSet(terms=(term(roles=("oversight",)),)))
    assert refusal(limits, extended(LATEST), source=OVERSIGHT) is None
    assert refusal(limits, extended(LATEST)) is not None


def test_moved_term_moves_its_limits() -> None:
    """An extension is held to the due instant that is in force."""
    for moved in (
        TermResumed(term="answer-1", due=DUE + DAY),
        TermCorrected(term="answer-1", due=DUE + DAY, was=DUE, reason="decree"),
    ):
        limits = limits_of(SET, moved)
        assert refusal(limits, extended(DUE + DAY)) is not None
        assert refusal(limits, extended(LATEST), appended=DUE + DAY) is None


def test_register_is_not_asked() -> None:
    assert refusal(NO_LIMITS, extended(datetime(2045, 1, 1, tzinfo=UTC)), source=HISTORY) is None


def test_terms_of_one_set_have_own_ids() -> None:
    found = refusal(NO_LIMITS, TermSet(terms=(term(), term())), source=HISTORY)
    assert found is not None
    assert (found.reason, found.field) == ("unlawful", "terms")


def test_only_a_register_names_a_due() -> None:
    data = TermSet(due=DUE)
    for source, allowed in ((HISTORY, True), (DESK, False)):
        event = Event(derived_event_id(APPEAL, "due"), source, data.type, APPEAL, DUE, b"{}")
        found = find_wrong_due(event, data, REFERENCE)
        assert (found is None) is allowed
        if found is not None:
            assert (found.reason, found.field) == ("forbidden", "due")


def test_limits_are_bounded() -> None:
    """The last four terms, in half a KB."""
    limits = NO_LIMITS
    for number in range(1, 40):
        longest = term(f"clarification-{number + 900}", times=9, until=DUE, roles=("desk", "oversight"))
        limits = evolve_limits(limits, TermSet(terms=(longest,)))
    assert [limit.id for limit in limits] == [f"clarification-{number}" for number in range(936, 940)]
    assert len(json.dumps(limits)) <= 512


def test_extendable_terms_of_one_set_are_bounded() -> None:
    terms = tuple(term(f"notice-{number}") for number in range(1, 6))
    assert refusal(NO_LIMITS, TermSet(terms=terms[:4])) is None
    assert refusal(NO_LIMITS, TermSet(terms=terms)) is not None


def test_term_counts_from_a_registered_event() -> None:
    """Not from an event to come."""
    for sequence, source, reason in ((1, DESK, None), (2, DESK, None), (3, DESK, "unlawful"), (3, HISTORY, "unlawful")):
        data = TermSet(terms=(Term(id="answer-1", origin=TermOrigin(sequence=sequence, instant=DUE), due=DUE),))
        event = Event(derived_event_id(APPEAL, "set"), source, data.type, APPEAL, DUE, b"{}")
        found = find_wrong_term([event], [data], _HEAD, REFERENCE, DUE)
        assert (found and found.reason) == reason


def test_late_term_binds_no_later_body() -> None:
    """The clock was down when the appeal went on: the term of the body before is set, and moves nothing in the head."""
    head = Head(Standing("TRANSFERRED", sequence=2), Holding("ministry-health"), since=2)
    for sequence, own in ((1, False), (2, True)):
        set = term("answer-1").model_copy(update={"origin": TermOrigin(sequence=sequence, instant=DUE)})
        data = TermSet(terms=(set, term("overall-1")))
        event = Event(derived_event_id(APPEAL, "set"), DESK, data.type, APPEAL, DUE, b"{}")
        assert find_wrong_term([event], [data], head, REFERENCE, DUE) is None
        after = advance(head, event, data)
        assert (after.term, after.due) == (("answer-1", DUE) if own else (None, None))
        assert [limit.id for limit in after.limits] == (["answer-1"] if own else []) + ["overall-1"]


def test_limits_end_with_their_body() -> None:
    """A forward inside the register ends those for the answer, an end ends all. The order of setting stays."""
    limits = limits_of(TermSet(terms=(term("overall-1"),)), TermSet(terms=(term("answer-1"),)))
    assert [limit.id for limit in without_answers(limits)] == ["overall-1"]
    assert read_limits(json.loads(json.dumps(limits))) == limits
