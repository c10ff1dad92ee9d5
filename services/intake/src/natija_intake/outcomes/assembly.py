"""Puts outcomes together from records of log and rejected. Pure: records in, outcomes and offsets out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from natija_events.reference.data import ReferenceData
from natija_events.reference.entries import OWN_SERVICES
from natija_events.wire.names import PREFIX
from natija_events.wire.outcome import DecidedProposal
from natija_events.wire.rejection import read_rejected
from natija_events.wire.values import Unreadable

_FIELDS = tuple(PREFIX + name for name in ("inboxoffset", "source", "subject", "id", "recordedtime", "sequence"))
_BEFORE_SOURCE = ("unreadable", "oversize", "misplaced")
"""Reasons that are found before the registrar looks whether it knows the source."""


class _Open(NamedTuple):
    """A proposal of which more events may follow. Its records stand at the offsets *first* to *last* on the log."""

    first: int
    last: int
    decided: DecidedProposal


class RegisteredProposals:
    """Joins the log records of each proposal. They stand together, since one transaction wrote them.

    A proposal is *open* until another one follows on its partition, or the marker that ends its transaction.
    """

    def __init__(self) -> None:
        self._open: dict[int, _Open] = {}

    def add(self, record: Any) -> DecidedProposal | None:
        """Take a *record* of the log; the proposal before it on its partition, which has ended.

        Raises `Unreadable` when the registrar did not write the record.
        """
        decided, before = _registered(record), self._open.get(record.partition)
        if before is not None and before.decided.inboxoffset == decided.inboxoffset:
            joined = before.decided._replace(events=(before.decided.events or 0) + 1)
            self._open[record.partition] = _Open(before.first, record.offset, joined)
            return None
        self._open[record.partition] = _Open(record.offset, record.offset, decided)
        return None if before is None else before.decided

    def end(self, partition: int, position: int) -> DecidedProposal | None:
        """The proposal that was open on *partition*, once the reader's *position* there is beyond its marker."""
        before = self._open.get(partition)
        if before is None or position <= before.last + 1:
            return None
        del self._open[partition]
        return before.decided

    def next_offset(self, partition: int, position: int) -> int:
        """Where to read on after a restart, when all before *position* was read: at the first record of what is
        open."""
        before = self._open.get(partition)
        return position if before is None else before.first


def rejected_proposal(record: Any) -> DecidedProposal | None:
    """The outcome in a *record* of rejected; None when nobody knows whose proposal it was. Raises `Unreadable`."""
    found = read_rejected(record.partition, record.value, record.headers)
    if found.proposal.source is None:
        return None
    return DecidedProposal(
        found.partition,
        found.inboxoffset,
        found.proposal.source,
        found.proposal.subject,
        found.proposal.id,
        found.recordedtime,
        found.rejection._replace(sequence=None),
        found.rejection.sequence,
    )


def belongs_to_publisher(decided: DecidedProposal, reference: ReferenceData) -> bool:
    """Whether a publisher of the realm reads this outcome: not our own services, and not a source that is unknown."""
    if decided.source.startswith(OWN_SERVICES):
        return False
    why = decided.rejection
    if why is None or (why.reason not in _BEFORE_SOURCE and (why.reason, why.field) != ("forbidden", "source")):
        return True  # the registrar knew the source
    return reference.publisher(decided.source) is not None


def _registered(record: Any) -> DecidedProposal:
    """Read from six headers: to read the whole event takes five times as long."""
    named: Mapping[str, bytes] = dict(record.headers)
    try:
        offset, source, subject, id, recordedtime, sequence = (named[name].decode() for name in _FIELDS)
        return DecidedProposal(
            record.partition,
            int(offset),
            source,
            subject,
            UUID(id),
            datetime.fromisoformat(recordedtime),
            None,
            int(sequence),
            1,
        )
    except (KeyError, ValueError, AttributeError):
        raise Unreadable("data", "is not a registered event") from None
