"""The rule as it was when an appeal had one term. Frozen: the present one is held to it.

The due instant itself is in time, like "24:00" of the last day. Every later instant is late. An appeal becomes overdue
when its due instant passes without an answer, and it stays overdue. A later extension, or an answer within it, does
not change that.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from natija_events.lifecycle.fold import Appeal, evolve
from natija_events.types.base import EventData
from natija_events.types.deadlines import TermExtended, TermSet
from natija_events.types.routing import Forwarded, Reopened
from natija_events.wire.record import RecordedEvent


class Lateness(NamedTuple):
    """An appeal as of an instant. *due*: the term in force then, or when it closed. *closed*: None while open."""

    due: datetime | None
    closed: datetime | None
    overdue: bool


def is_late(instant: datetime, due: datetime) -> bool:
    """Whether *instant* comes after *due*. Both are aware."""
    return instant > due


def is_late_sql(instant: str, due: str) -> str:
    """`is_late` as an SQL condition on two expressions; null, thus not true, when one of them is null."""
    return f"{due} < {instant}"


def lateness(events: Sequence[RecordedEvent], at: datetime) -> Lateness | None:
    """The lateness of one appeal at the aware instant *at*, from all its *events*. None: not received by then.

    Only events dated at or before *at* count, in the order of their times, then of their sequence.
    """
    happened = sorted((event for event in events if event.time <= at), key=lambda event: (event.time, event.sequence))
    appeal = Appeal(events[0].subject)
    due: datetime | None = None
    overdue = False
    for event in happened:
        overdue |= _passes(appeal, due, event.time)
        appeal = evolve(appeal, event)
        if _moves_due(event.data):
            due = appeal.due
    if appeal.received is None or appeal.received > at:
        return None
    return Lateness(due, appeal.closed, overdue or _passes(appeal, due, at))


def _passes(appeal: Appeal, due: datetime | None, instant: datetime) -> bool:
    return appeal.open and due is not None and is_late(instant, due)


def _moves_due(data: EventData | None) -> bool:
    # A body outside the register has no term here, so the appeal keeps the one that was in force.
    return isinstance(data, (TermSet, TermExtended, Reopened)) or (isinstance(data, Forwarded) and not data.external)
