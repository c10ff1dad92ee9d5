"""Deadlines events: terms, extensions, warnings and breaches."""

from natija_events.types.base import EventData, Instant
from natija_events.types.codes import Code
from natija_events.types.personal import Reason
from natija_events.types.sealed import Sealed


class TermSet(EventData):
    """The legal term is set: from *starts* to *due*, both instants. *policy* names the rule that it follows."""

    type = "appeal.term-set.v1"

    due: Instant
    """The instant at which the term ends: 24:00 of its last day."""
    starts: Instant | None = None
    """The instant at which the first counted day begins."""
    policy: Code | None = None
    """The policy that gives the term, with its version."""


class ExtensionPrepared(EventData):
    """An extension of the term is drafted."""

    type = "appeal.extension-prepared.v1"

    due: Instant
    """The instant at which the extended term ends."""
    content: Sealed[Reason] | None = None
    """The reason, in words. Sealed."""


class ExtensionApproved(EventData):
    """The draft of the extension is approved."""

    type = "appeal.extension-approved.v1"

    approver: Code
    """The post that approved it."""


class ExtensionSigned(EventData):
    """The extension is in force and the applicant is notified. It does not cure an earlier breach."""

    type = "appeal.extension-signed.v1"

    due: Instant
    """The instant at which the extended term ends."""
    signer: Code | None = None
    """The post that signed it."""
    content: Sealed[Reason] | None = None
    """The reason, in words. Sealed."""


class ExtensionDeclined(EventData):
    """The extension is declined; the term stays."""

    type = "appeal.extension-declined.v1"

    by: Code
    """The post that declined it."""


class Warned(EventData):
    """The term will end soon."""

    type = "appeal.warned.v1"

    due: Instant
    """The instant at which the term ends."""


class Missed(EventData):
    """The term ended without an answer. The time of the event is the due instant."""

    type = "appeal.missed.v1"

    due: Instant
    """The instant at which the term ended."""


class DataTermExpired(EventData):
    """The applicant did not provide the missing data in time."""

    type = "appeal.data-term-expired.v1"

    until: Instant
    """The instant until which the data were to be provided."""
