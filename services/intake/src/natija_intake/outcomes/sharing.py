"""The events that a publisher may read back: of appeals that it opened, or that its body holds or has held. Pure.

It decides on events alone, so that it gives the same result whenever the log is read. A reader is a source or a body.
Nobody reads a confidential appeal back. An imported appeal is read once another source has taken it over. The
caller keeps complaints about a body from this body, because which source speaks for it may change.
"""

from collections.abc import Sequence
from typing import NamedTuple

from natija_events.lifecycle.holding import NOT_HELD, Holding, evolve
from natija_events.reference.entries import OWN_SERVICES
from natija_events.types.intake import ComplaintFiled, Registered
from natija_events.wire.record import RecordedEvent


class SharedAppeal(NamedTuple):
    """An appeal as far as sharing needs it.

    *bodies* are those that hold or have held it. *offsets* are those of its events on the log, but for links to
    complaints about it. *confidential*, *complained_of*, *complaint_of*: as registered. *shared_with* are its readers.
    """

    holding: Holding = NOT_HELD
    bodies: tuple[str, ...] = ()
    offsets: tuple[int, ...] = ()
    confidential: bool = False
    complained_of: str | None = None
    complaint_of: str | None = None
    shared_with: tuple[str, ...] = ()
    last: int = -1
    """The offset of its last event."""


class SharedEvent(NamedTuple):
    """The event at *offset* of the log's *partition* may be read by *reader*."""

    reader: str
    appeal: str
    partition: int
    offset: int


def source_reader(source: str) -> str:
    """The reader for what *source* opened."""
    return f"source:{source}"


def body_reader(body: str) -> str:
    """The reader for what *body* holds or has held."""
    return f"body:{body}"


def share(appeal: SharedAppeal | None, event: RecordedEvent) -> tuple[SharedAppeal | None, Sequence[SharedEvent]]:
    """The appeal after one more event, and what may be read from now on. A new reader gets all events of before.

    An appeal whose registration was not read is shared with nobody. An event that was read before changes nothing.
    """
    if appeal is None and not isinstance(event.data, Registered):
        return None, ()
    appeal = appeal or SharedAppeal()
    if event.offset <= appeal.last:
        return appeal, ()
    after = _after(appeal, event)
    new = [reader for reader in after.shared_with if reader not in appeal.shared_with]
    rows = [(reader, offset) for reader in new for offset in after.offsets]
    if len(after.offsets) > len(appeal.offsets):
        rows += [(reader, event.offset) for reader in appeal.shared_with]
    return after, [SharedEvent(reader, event.subject, event.partition, offset) for reader, offset in rows]


def _after(appeal: SharedAppeal, event: RecordedEvent) -> SharedAppeal:
    holding = evolve(appeal.holding, event.event.source, event.data)
    bodies = appeal.bodies
    if holding.holder is not None and holding.holder not in bodies:
        bodies = (*bodies, holding.holder)
    offsets = appeal.offsets if isinstance(event.data, ComplaintFiled) else (*appeal.offsets, event.offset)
    after = appeal._replace(holding=holding, bodies=bodies, offsets=offsets, last=event.offset)
    if isinstance(event.data, Registered):
        after = after._replace(
            confidential=event.data.confidential,
            complained_of=event.data.complained_of,
            complaint_of=event.data.complaint_of,
        )
    return after._replace(shared_with=_readers(after))


def _readers(appeal: SharedAppeal) -> tuple[str, ...]:
    if appeal.confidential or appeal.holding.fed:
        return ()
    opener = appeal.holding.opener
    own = [] if opener is None or opener.startswith(OWN_SERVICES) else [source_reader(opener)]
    return (*own, *map(body_reader, appeal.bodies))
