"""Conflicts: what an event that came in between makes wrong. The weight of the event decides."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.sealing import KEYS, sealed_somewhere
from tests.unit.intake.realm import HISTORY, REFERENCE

from natija_events.ids import derived_appeal_number, derived_event_id
from natija_events.kafka import partition_of
from natija_events.lifecycle.holding import Holding
from natija_events.lifecycle.transitions import Standing
from natija_events.types.base import EventData
from natija_events.types.deadlines import Missed, TermExtended, TermSet
from natija_events.types.routing import Routed, TopicSuggested
from natija_events.wire.envelope import Event
from natija_events.wire.proposal import write_proposal
from natija_events.wire.rejection import Rejection
from natija_intake.registrar import admission
from natija_intake.registrar.admission import AdmissionState, PolledRecord
from natija_intake.registrar.heads import Head

NOW = datetime(2026, 3, 31, tzinfo=UTC)
APPEAL = derived_appeal_number("KG", "conflicts")
STANDING = Standing("ROUTED", (), NOW - timedelta(days=30), sequence=6, material=2, termed=4)
"""A material event at 2, a term event at 4, notes after it."""
DUE = NOW - timedelta(days=1)
MISSED = Missed(term="answer-1", due=DUE)


def refusal(data: EventData, expected: int | None) -> tuple[str, str] | None:
    time = data.due if isinstance(data, Missed) else NOW
    event = Event(
        derived_event_id(APPEAL, data.type), HISTORY, data.type, APPEAL, time,
        sealed_somewhere(data).model_dump_json(exclude_none=True).encode(), expectedsequence=expected,
    )  # fmt: skip
    key, value, headers = write_proposal([event])
    record = PolledRecord(partition_of(key), 0, key, value, headers, timedelta(0))
    incoming = admission.read(record)
    assert not isinstance(incoming, Rejection), incoming
    state = AdmissionState(heads={APPEAL: Head(STANDING, Holding(opener=HISTORY, fed=True))})
    found = admission.admit(incoming, record, state, REFERENCE, KEYS.realm, "kg", NOW)
    return (found.reason, found.rule) if isinstance(found, Rejection) else None


@pytest.mark.parametrize("data", [MISSED, TermExtended(term="answer-1", due=NOW + timedelta(days=9))])
def test_term_event_conflicts_with_terms_only(data: EventData) -> None:
    """A decision about a term is wrong after a term event; a decision about the body is not."""
    assert refusal(data, expected=3) == ("conflict", "a term event came after it, at 4")
    assert refusal(data, expected=4) is None
    assert refusal(Routed(body="ministry-health"), expected=3) is None


def test_material_event_conflicts_with_both() -> None:
    rule = "a material event came after it, at 2"
    for data in (MISSED, Routed(body="ministry-health")):
        assert refusal(data, expected=1) == ("conflict", rule)


def test_terms_are_set_without_expectation() -> None:
    """So routing and the clock may act on one registration at once."""
    assert refusal(TermSet(due=DUE), expected=None) is None
    assert refusal(TopicSuggested(topic="roads", model="m"), expected=None) is None
    found = refusal(MISSED, expected=None)
    assert found is not None
    assert found[0] == "invalid"
