"""Deadlines events: terms, extensions, warnings and breaches."""

from natija_events.encryption import Sealed
from natija_events.types.base import EventData, Instant
from natija_events.types.codes import Code


class TermSet(EventData):
    """The legal term is set: from *starts* to *due*, both instants. *policy* names the rule that it follows."""

    type = "appeal.term-set.v1"

    due: Instant
    starts: Instant | None = None
    policy: Code | None = None


class ExtensionPrepared(EventData):
    """An extension of the term is drafted."""

    type = "appeal.extension-prepared.v1"

    due: Instant
    reason: Sealed | None = None


class ExtensionApproved(EventData):
    """The draft of the extension is approved."""

    type = "appeal.extension-approved.v1"

    approver: Code


class ExtensionSigned(EventData):
    """The extension is in force and the applicant is notified. It does not cure an earlier breach."""

    type = "appeal.extension-signed.v1"

    due: Instant
    signer: Code | None = None
    reason: Sealed | None = None


class ExtensionDeclined(EventData):
    """The extension is declined; the term stays."""

    type = "appeal.extension-declined.v1"

    by: Code


class Warned(EventData):
    """The term will end soon."""

    type = "appeal.warned.v1"

    due: Instant


class Missed(EventData):
    """The term ended without an answer. The time of the event is the due instant."""

    type = "appeal.missed.v1"

    due: Instant


class DataTermExpired(EventData):
    """The applicant did not provide the missing data in time."""

    type = "appeal.data-term-expired.v1"

    until: Instant
