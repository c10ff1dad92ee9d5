"""The head of an appeal: what the registrar must know to admit the next proposal, and what the status page tells."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from natija_events.lifecycle import transitions
from natija_events.lifecycle.transitions import INITIAL, Standing
from natija_events.types import deadlines, intake, routing
from natija_events.types.base import EventData
from natija_events.wire.hash_chain import GENESIS
from natija_events.wire.record import RecordedEvent


class Head(NamedTuple):
    """*hash* is that of the appeal's last event; *registered* is the recorded time of its first; *forwarded* holds
    from a forward until the body that got it has routed it.
    """

    standing: Standing = INITIAL
    hash: str = GENESIS
    received: datetime | None = None
    registered: datetime | None = None
    body: str | None = None
    due: datetime | None = None
    extended: bool = False
    forwarded: bool = False


NO_HEAD = Head()
"""The head of an appeal of which nothing is registered."""


def evolve(head: Head, event: RecordedEvent, *, hash: str) -> Head:
    """The head after one more registered event, whose hash is *hash*."""
    standing = transitions.evolve(head.standing, event.event.type, event.event.time, event.data)
    if changed := _changed(event.data):
        head = head._replace(**changed)
    registered = head.registered or event.stamp.recordedtime
    return Head(standing, hash, head.received, registered, head.body, head.due, head.extended, head.forwarded)


def _changed(data: EventData | None) -> Mapping[str, Any]:
    match data:
        case intake.Registered():
            return {"received": data.received, "body": data.addressee}
        case routing.Routed():
            return {"body": data.body, "forwarded": False}
        case routing.Forwarded():
            return {"body": data.body, "due": data.due, "extended": False, "forwarded": True}
        case deadlines.TermSet():
            return {"due": data.due}
        case deadlines.ExtensionSigned():
            return {"due": data.due, "extended": True}
    return {}
