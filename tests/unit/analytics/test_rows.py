"""Events to rows: the life-cycle table decides what an event does, and nothing personal is kept."""

import random
from typing import Any

import pytest
from tests.unit.events.histories import Log, appeal_number, hour, random_log, registered

from natija_analytics.projection import tables
from natija_analytics.projection.state import NO_EFFECT, EventEffect, HistoryRow, effect_of, facts_updates, history_row
from natija_events.lifecycle.transitions import INITIAL, OPEN, TABLE, TERMINAL, evolve
from natija_events.schema.registry import REGISTRY
from natija_events.sealing.data_key import SealedValue
from natija_events.types.deadlines import TermExtended, TermSet
from natija_events.types.intake import DuplicateLinked, DuplicateUnlinked
from natija_events.types.routing import Answered, Forwarded, ForwardPrepared, Reopened, Routed

_SOME: Any = {
    "term": "answer-1",
    "terms": None,
    "executor": None,
    "external": False,
    "body": "A",
    "due": hour(1),
    "topic": "tax",
    "outcome": "refused",
}


def test_state_follows_the_life_cycle() -> None:
    log = random_log(400, seed=3)
    standings = dict.fromkeys(log.appeals, INITIAL)
    for event in log.events:
        before = standings[event.subject]
        after = standings[event.subject] = evolve(before, event.type, event.time, event.data)
        row = history_row(event)
        if row.state is not None:
            assert after.state == row.state or before.state in (*TERMINAL, "AWAITING_DATA")
        closes = before.state not in TERMINAL and after.state in TERMINAL
        reopens = before.state in TERMINAL and after.state in OPEN
        assert not closes or row.closure in ("end", "merge")
        assert not reopens or row.closure in ("resume", "reopen")


def test_every_type_has_an_effect() -> None:
    for row in TABLE.values():
        closure = effect_of(row.data.model_construct(**_SOME)).closure
        assert (closure in ("end", "merge")) == (isinstance(row.target, str) and row.target in TERMINAL)
    assert set(TABLE) == set(REGISTRY.models)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (TermSet(due=hour(3)), EventEffect(due=hour(3))),
        (TermExtended(term="answer-1", due=hour(3)), EventEffect(due=hour(3))),
        (Forwarded(body="B"), EventEffect(state="TRANSFERRED", body="B")),
        (
            Forwarded(body="B", external=True),
            EventEffect(state="FORWARDED", closure="end", body="B", outcome="forwarded"),
        ),
        (ForwardPrepared(body="B"), NO_EFFECT),
        (Routed(body="B"), EventEffect(state="ROUTED", body="B")),
        (Routed(body="B", executor="e"), EventEffect(state="IN_WORK", body="B")),
        (Answered(outcome="refused"), EventEffect(state="ANSWERED", closure="end", outcome="refused")),
        (DuplicateLinked(of=appeal_number(0)), EventEffect(state="MERGED_AS_DUPLICATE", closure="merge")),
        (DuplicateUnlinked(signer="s"), EventEffect(closure="resume")),
        (
            Reopened(body="B", authority="court", decided=hour(1)),
            EventEffect(state="TRANSFERRED", closure="reopen", body="B"),
        ),
        (None, NO_EFFECT),
    ],
)
def test_effect_of_each_kind(data: object, expected: EventEffect) -> None:
    assert effect_of(data) == expected  # type: ignore[arg-type]


def test_unknown_type_has_no_effect() -> None:
    """But it has its place in the history."""
    log = Log()
    log.add(appeal_number(0), hour(0), registered(hour(0)))
    unknown = history_row(log.add(appeal_number(0), hour(1), None))
    assert unknown.sequence == 2
    assert unknown[10:] == NO_EFFECT
    (change,) = facts_updates((event, history_row(event)) for event in log.events).values()
    assert change.values["sequence"] == 2


def test_history_columns_match_rows() -> None:
    assert tuple(tables.history.columns.keys()) == HistoryRow._fields


def test_no_sealed_value_reaches_rows() -> None:
    person, content = (SealedValue(kid=f"gcm1:{'A' * 26}", ct="A" * length) for length in (720, 379))
    applicant = {"address": {"region": "chuy"}}
    log = Log()
    opening = registered(hour(0), region="chuy", person=person, content=content, applicant=applicant)
    log.add(appeal_number(0), hour(0), opening)
    log.add(appeal_number(0), hour(1), Answered(outcome="explained", content=content))
    rows = [history_row(event) for event in log.events]
    changed = facts_updates(zip(log.events, rows, strict=True))
    assert changed[appeal_number(0)].values["region"] == "chuy"
    assert "gcm1" not in repr((rows, changed))
    assert "AAAA" not in repr((rows, changed))


def test_batch_equals_its_parts() -> None:
    chance = random.Random(1)
    for appeal, events in (
        (appeal, random_log(1, seed).of(appeal)) for seed in range(300) for appeal in [appeal_number(0)]
    ):
        cut = chance.randrange(len(events) + 1)
        whole = facts_updates((event, history_row(event)) for event in events)[appeal].values
        parts: dict[str, object] = {}
        for part in (events[:cut], events[cut:]):
            for change in facts_updates((event, history_row(event)) for event in part).values():
                if change.voids:
                    parts.pop("outcome", None)
                parts |= change.values
        for name in ("sequence", "topic", "body", "outcome", "received", "opened"):
            assert whole.get(name) == parts.get(name)
