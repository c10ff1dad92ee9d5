"""The routing state of one appeal, and how an event changes it (pure)."""

from datetime import datetime
from typing import NamedTuple

from natija_events.lifecycle import transitions
from natija_events.lifecycle.transitions import INITIAL, Standing
from natija_events.types.base import EventData
from natija_events.types.intake import Registered
from natija_events.types.routing import Forwarded, Reopened, Routed, TopicAssigned
from natija_events.wire.record import RecordedEvent


class Route(NamedTuple):
    """One appeal: the facts that decide which body must answer, and that *body* once it is known.

    *imported*: history of another register, which is not routed here. *since*: when it was received.
    """

    appeal: str
    standing: Standing = INITIAL
    imported: bool = False
    since: datetime | None = None
    topic: str | None = None
    region: str | None = None
    complained_of: str | None = None
    complaint_of: str | None = None
    body: str | None = None

    @property
    def unrouted(self) -> bool:
        """True while an answer is due and no body is responsible."""
        return self.body is None and self.standing.state in transitions.OPEN


def evolve(route: Route, event: RecordedEvent) -> Route:
    """The route after one more event of its appeal. Total, like every fold."""
    moved = route._replace(standing=transitions.evolve(route.standing, event.type, event.time, event.data))
    return moved if event.data is None else _changed(moved, event.data)


def _changed(route: Route, data: EventData) -> Route:
    match data:
        case Registered():
            return route._replace(
                imported=data.register_name is not None,
                since=data.received,
                topic=data.topic,
                region=data.region,
                complained_of=data.complained_of,
                complaint_of=data.complaint_of,
            )
        case TopicAssigned():
            return route._replace(topic=data.topic)
        case Routed() | Forwarded() | Reopened():
            return route._replace(body=data.body)
    return route
