"""Corrections after a decree: which terms end on another day, and which breaches fall away."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from tests.unit.deadlines.history import at, folded, registered

from natija_deadlines.corrections.recount import Correction, recount
from natija_deadlines.policies.policy import Policies, load_policies
from natija_deadlines.policies.rules import LengthRule
from natija_deadlines.terms.decide import decide
from natija_deadlines.terms.state import AppealTerms
from natija_events.terms.facts import TermFact
from natija_events.terms.lateness import judge
from natija_events.types.base import EventData
from natija_events.types.deadlines import Missed, TermAnnulled, TermCorrected, TermExtended
from natija_events.types.routing import Answered
from natija_terms.calendars.calendar import Days, Decree

POLICIES = load_policies()
OPENED = "2026-11-30T10:00+06:00"
DUE, NEW_DUE = at("2026-12-19T00:00+06:00"), at("2026-12-23T00:00+06:00")
OFF = {date(2026, 12, 14): "by decree", date(2026, 12, 15): "by decree"}
LATE = "2026-12-19T00:05+06:00"
ANSWER: Mapping[str, Any] = {"outcome": "satisfied", "signer": "head"}

Told = tuple[str, EventData]


def decreed(published: date = date(2026, 12, 8), days: Days = Days(off=OFF)) -> Policies:  # noqa: B008 - frozen
    """The policies when a decree has changed days of Kyrgyzstan."""
    kyrgyz = POLICIES.calendars["KG"]
    year = replace(kyrgyz.years[2026], decrees=(*kyrgyz.years[2026].decrees, Decree(None, published, days)))
    return replace(
        POLICIES, calendars={**POLICIES.calendars, "KG": replace(kyrgyz, years={**kyrgyz.years, 2026: year})}
    )


def given(*more: Told) -> tuple[AppealTerms, list[TermFact]]:
    """An appeal of 30 November with its term, as set by the calendar of before the decree."""
    opened = (OPENED, registered(OPENED))
    term_set = decide(*folded(opened), at(OPENED), POLICIES)
    assert term_set is not None
    return folded(opened, (OPENED, term_set.data), *more)


def corrected(*more: Told, policies: Policies | None = None, now: str = LATE) -> Correction | None:
    found = recount(*given(*more), policies or decreed(), at(now))
    assert len(found) <= 1
    return found[0] if found else None


def late_after(*more: Told, now: datetime) -> tuple[bool, bool]:
    """Whether the appeal is late at *now*: without the correction, and with it."""
    correction = corrected(*more)
    assert correction is not None
    events = [("2026-12-22T20:00+06:00", data) for data in correction.events]
    return judge(given(*more)[1], now).overdue, judge(given(*more, *events)[1], now).overdue


def test_running_term_is_corrected() -> None:
    correction = corrected(now="2026-12-10T10:00+06:00")
    assert correction is not None
    assert (correction.was, correction.due, correction.annuls) == (DUE, NEW_DUE, False)
    assert (str(correction.was_on), str(correction.due_on)) == ("2026-12-18", "2026-12-22")
    (event,) = correction.events
    assert isinstance(event, TermCorrected)
    assert (event.term, event.was, event.due, event.reason) == ("answer-1", DUE, NEW_DUE, "decree")
    assert event.policy == "kg-law-67/1"
    assert event.calendar != POLICIES.deadline("KG", "application", at(OPENED)).deadline.calendar


def test_nothing_changes_without_decree() -> None:
    assert corrected(policies=POLICIES) is None


def test_new_policy_leaves_running_terms() -> None:
    """From 1 December 10 days instead of 14: the appeal of 30 November keeps its term, one of the next day has less.

    So has the body to which the first one is forwarded then: its term counts from the receipt there.
    """
    law = POLICIES.by_jurisdiction["KG"][0]
    old = law.model_copy(update={"valid_to": date(2026, 11, 30)})
    answer = law.answer.model_copy(update={"lengths": (LengthRule(amount=10, unit="working"),)})
    changes = {"version": 2, "valid_from": date(2026, 12, 1), "terms": {**law.terms, "answer": answer}}
    shorter = replace(POLICIES, by_jurisdiction={"KG": [old, law.model_copy(update=changes)]})
    assert corrected(policies=shorter) is None
    for received, due in ((OPENED, DUE), ("2026-12-01T10:00+06:00", at("2026-12-16T00:00+06:00"))):
        assert shorter.deadline("KG", "application", at(received)).deadline.due == due


def test_decree_known_before_is_an_error() -> None:
    """It had been published when the term was set: the calendar was wrong."""
    correction = corrected(policies=decreed(published=date(2026, 11, 1)))
    assert correction is not None
    assert correction.reason == "calendar"


def test_recorded_breach_is_annulled() -> None:
    missed = ("2026-12-19T00:00+06:00", Missed(term="answer-1", due=DUE))
    correction = corrected(missed)
    assert correction is not None
    assert correction.events[1:] == (TermAnnulled(term="answer-1", due=DUE, reason="decree"),)
    assert late_after(missed, now=at("2026-12-22T23:00+06:00")) == (True, False)


def test_answer_on_new_last_day_counts() -> None:
    """Received on 30.11., answered on 22.12.: late by the old calendar only."""
    answered = ("2026-12-22T10:00+06:00", Answered(**ANSWER))
    missed = ("2026-12-19T00:00+06:00", Missed(term="answer-1", due=DUE))
    assert late_after(missed, answered, now=at("2026-12-23T10:00+06:00")) == (True, False)


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize(("answer", "changes"), [("10", False), ("22", True), ("23", False)])
def test_ended_appeal_is_corrected_if_late(answer: str, changes: bool, recorded: bool) -> None:
    """Only a breach that falls away matters then, recorded or not. By the new term, 23 December is late, too."""
    missed = [("2026-12-19T00:00+06:00", Missed(term="answer-1", due=DUE))] if recorded and answer > "19" else []
    answered = (f"2026-12-{answer}T10:00+06:00", Answered(**ANSWER))
    assert (corrected(*missed, answered, now="2026-12-24T10:00+06:00") is not None) == changes


def test_extended_term_stays() -> None:
    extended = ("2026-12-10T10:00+06:00", TermExtended(term="answer-1", due=at("2027-01-10T00:00+06:00")))
    assert corrected(extended) is None


def test_policy_decides_about_shorter_terms() -> None:
    """A decree that makes a Saturday a working day ends the term a day earlier."""
    shorter = decreed(days=Days(working={date(2026, 12, 5): "by decree"}))
    correction = corrected(policies=shorter)
    assert correction is not None
    assert correction.due == at("2026-12-18T00:00+06:00")
    (policy,) = shorter.by_jurisdiction["KG"]
    never = {**shorter.by_jurisdiction, "KG": [policy.model_copy(update={"corrections_shorten": False})]}
    assert corrected(policies=replace(shorter, by_jurisdiction=never)) is None


def test_correction_is_made_once() -> None:
    """After it nothing is left to correct."""
    correction = corrected()
    assert correction is not None
    events = [("2026-12-10T10:00+06:00", data) for data in correction.events]
    assert corrected(*events) is None
