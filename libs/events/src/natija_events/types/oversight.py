"""Oversight events: control, court cases and sanctions."""

from typing import Literal

from natija_events.types.base import EventData
from natija_events.types.codes import BodyCode, Code, Word


class ControlTaken(EventData):
    """A controller monitors this appeal."""

    type = "appeal.control-taken.v1"

    by: Code
    """The post that monitors the appeal."""


class ControlReleased(EventData):
    """The controller no longer monitors this appeal."""

    type = "appeal.control-released.v1"

    by: Code
    """The post that monitored the appeal."""


class CourtNoted(EventData):
    """There is a court case about this appeal."""

    type = "appeal.court-noted.v1"

    court: BodyCode
    """The court."""
    case_number: Word
    """The number of the case at the court."""


CourtRuling = Literal["for_applicant", "partly_for_applicant", "against_applicant", "discontinued"]
"""How a court case ended."""


class CourtClosed(EventData):
    """A court case about this appeal has ended."""

    type = "appeal.court-closed.v1"

    court: BodyCode
    """The court."""
    case_number: Word
    """The number of the case at the court."""
    ruling: CourtRuling
    """How the case ended."""


class SanctionRecorded(EventData):
    """A sanction against those who handled the appeal."""

    type = "appeal.sanction-recorded.v1"

    measure: Literal["fine", "reprimand", "dismissal", "administrative", "criminal", "other"]
    """The kind of sanction."""
    body: BodyCode
    """The body whose official is sanctioned."""
