"""The answer among the events of an appeal: what was answered last, and what the applicant wrote. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from natija_events.types import intake, routing
from natija_events.wire.record import RecordedEvent
from natija_intake.following.timeline import ANSWERS

_LATER = (routing.AnswerClarified, routing.AnswerCorrected)
_OWN = (intake.Registered, intake.Supplemented, routing.DataProvided)


class GivenAnswer(NamedTuple):
    """The event *answer* of an appeal, and what explained or corrected it *later*.

    *own* are the events with the texts of the applicant. *reopened* is the time since which the appeal is considered
    again, so that the answer counts no more.
    """

    answer: RecordedEvent
    later: tuple[RecordedEvent, ...] = ()
    own: tuple[RecordedEvent, ...] = ()
    reopened: datetime | None = None

    @property
    def events(self) -> Sequence[RecordedEvent]:
        """All of them, in their order."""
        return sorted((self.answer, *self.later, *self.own), key=lambda one: one.sequence)


def find_answer(events: Sequence[RecordedEvent]) -> GivenAnswer | None:
    """The last answer among *events* of one appeal, in their order; None before there is one."""
    found: GivenAnswer | None = None
    for event in events:
        if isinstance(event.data, ANSWERS):
            found = GivenAnswer(event)
        elif found is not None and isinstance(event.data, _LATER):
            found = found._replace(later=(*found.later, event))
        elif found is not None and isinstance(event.data, routing.Reopened):
            found = found._replace(reopened=event.time)
    own = tuple(one for one in events if isinstance(one.data, _OWN))
    return None if found is None else found._replace(own=own)
