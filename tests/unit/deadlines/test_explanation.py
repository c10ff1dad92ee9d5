"""Why a term ends when it does: the derivation, and what happened to the term since."""

import pytest
from tests.unit.deadlines.history import at, folded, registered
from tests.unit.deadlines.test_decisions import MISSED, OPENED, POLICIES, TERM, TERMED

from natija_deadlines.terms.explanation import Unexplained, explain
from natija_events.types.base import EventData
from natija_events.types.deadlines import TermCorrected, TermSet


def told(*events: tuple[str, EventData]) -> list[str]:
    return [step.text("en") for step in explain(*folded(*events), POLICIES)]


def test_term_is_told_from_receipt_to_breach() -> None:
    *derivation, last_day, is_set, missed = told(OPENED, TERMED, MISSED)
    assert derivation[0] == "Received on 2019-06-21 at 10:00, Asia/Bishkek time."
    assert last_day.startswith("The last day is 2019-07-11.")
    assert is_set == "2019-06-21: the term answer-1 is set, until the end of 2019-07-11."
    assert missed == "2019-07-12: the term answer-1 is recorded as missed; its last day was 2019-07-11."


def test_difference_from_today_is_told() -> None:
    """The term was set before a decree. Its correction follows."""
    due = at("2019-07-11T00:00+06:00")
    earlier = TermSet(terms=(TERM.model_copy(update={"due": due}),))
    corrected = TermCorrected(term="answer-1", was=due, due=at("2019-07-12T00:00+06:00"), reason="decree")
    *_, is_set, differs, correction = told(OPENED, (TERMED[0], earlier), ("2019-06-30T10:00+06:00", corrected))
    assert is_set.endswith("until the end of 2019-07-10.")
    assert differs == "By the calendars and policies of today, its last day would be 2019-07-11."
    assert correction == "2019-06-30: the term answer-1 is corrected: it ends with 2019-07-11."


def test_missing_policy_is_told() -> None:
    with pytest.raises(Unexplained, match="no policy of KZ in force on 2006-02-14"):
        told(("2006-02-14T10:00+06:00", registered("2006-02-14T10:00+06:00", jurisdiction="KZ")))
