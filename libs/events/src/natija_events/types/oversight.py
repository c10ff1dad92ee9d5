"""Events of those who watch: control, court, sanctions."""

from typing import Literal

from natija_events.types.base import Code, EventData


class ControlTaken(EventData):
    """A controller follows this appeal."""

    type = "appeal.control-taken.v1"

    by: Code


class ControlReleased(EventData):
    """The controller is done."""

    type = "appeal.control-released.v1"

    by: Code


class CourtNoted(EventData):
    """There is a lawsuit about this appeal."""

    type = "appeal.court-noted.v1"

    court: Code
    case_number: Code


class SanctionRecorded(EventData):
    """What followed for those who dealt with the appeal."""

    type = "appeal.sanction-recorded.v1"

    measure: Literal["fine", "reprimand", "dismissal", "administrative", "criminal", "other"]
    body: Code
