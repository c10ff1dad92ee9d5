"""Events of the clock: terms, warnings, breaches."""

from natija_events.encryption import Sealed
from natija_events.types.base import Code, EventData, Instant


class TermSet(EventData):
    """The legal term: from *starts* to *due*, both instants; *policy* names the dated rule it follows from."""

    type = "appeal.term-set.v1"

    due: Instant
    starts: Instant | None = None
    policy: Code | None = None


class ExtensionPrepared(EventData):
    """A longer term is asked for."""

    type = "appeal.extension-prepared.v1"

    due: Instant
    reason: Sealed | None = None


class ExtensionApproved(EventData):
    """The longer term is approved."""

    type = "appeal.extension-approved.v1"

    approver: Code


class ExtensionSigned(EventData):
    """The longer term is in force; the applicant is told. It does not cure a breach that was already there."""

    type = "appeal.extension-signed.v1"

    due: Instant
    signer: Code | None = None
    reason: Sealed | None = None


class ExtensionDeclined(EventData):
    """The term stays."""

    type = "appeal.extension-declined.v1"

    by: Code


class Warned(EventData):
    """The term ends soon."""

    type = "appeal.warned.v1"

    due: Instant


class Missed(EventData):
    """The term passed without an answer. The event's time is the due instant."""

    type = "appeal.missed.v1"

    due: Instant


class DataTermExpired(EventData):
    """The applicant did not bring what was missing in time."""

    type = "appeal.data-term-expired.v1"

    until: Instant
