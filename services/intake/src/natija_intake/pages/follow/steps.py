"""The page of an appeal, as its template takes it: names and days in one language."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from natija_events.reference.data import ReferenceData
from natija_events.words import Language, word
from natija_intake.appeals.status import PublicStatus
from natija_intake.following.acts import ApplicantAct
from natija_intake.following.timeline import AnswerTerm, TimelineStep
from natija_intake.pages.choices import capital


class NamedStep(NamedTuple):
    """A step of the timeline: what happened and when, with a body, the last day of a term, or the time of a hearing."""

    name: str
    time: datetime
    body: str | None
    last_day: date | None
    at: datetime | None


class AppealPage(NamedTuple):
    """An appeal that was opened. *is_current*: the steps reach to its last event.

    *has_answer*: an answer can be read.

    *data_until* is the last day for the data that were asked for last. *withdraws_at_once*: no body holds it, so that
    to withdraw it ends it. *asks_to_withdraw*: that is asked already.
    """

    state: PublicStatus
    registered: datetime | None
    body: str | None
    last_day: date | None
    term: AnswerTerm | None
    acts: Sequence[ApplicantAct]
    withdraws_at_once: bool
    asks_to_withdraw: bool
    data_until: date | None
    steps: Sequence[NamedStep]
    is_current: bool
    has_answer: bool


def named_steps(
    steps: Sequence[TimelineStep],
    data: ReferenceData,
    language: Language,
    last_day: Callable[[datetime | None], date | None],
) -> list[NamedStep]:
    """*steps* in *language*, the latest first."""
    return [
        NamedStep(
            capital(word("type", step.type, language)),
            step.time,
            None if step.body is None else data.name("bodies", step.body, language),
            last_day(step.until),
            step.at,
        )
        for step in reversed(steps)
    ]
