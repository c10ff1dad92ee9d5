"""The body that holds an appeal, and the register that feeds it: both decide who may act. Pure, from events alone."""

from typing import NamedTuple

from natija_events.lifecycle.transitions import TABLE, TERMINAL
from natija_events.types.base import EventData
from natija_events.types.intake import Registered
from natija_events.types.routing import Forwarded, Reopened, Routed


class Holding(NamedTuple):
    """The body that has to answer an appeal, and where the appeal came from.

    *holder* is the body to which it was routed or forwarded last; None before. A body outside the register never holds
    it: the one that forwarded it keeps the file. *addressee* is the body to which the applicant wrote; None once there
    is a holder, since it counts only before. *opener* is the source that registered it. *fed*: the opener is a
    register whose history of the appeal still goes on.
    """

    holder: str | None = None
    addressee: str | None = None
    opener: str | None = None
    fed: bool = False


NOT_HELD = Holding()
"""The holding of an appeal without events."""


def evolve(holding: Holding, source: str, data: EventData | None) -> Holding:
    """The holding after one more registered event of *source*. Never raises."""
    match data:
        case Registered():
            return Holding(None, data.addressee, source, data.register_name is not None)
        case Routed() | Reopened():
            holding = holding._replace(holder=data.body, addressee=None)
        case Forwarded() if not data.external:
            holding = holding._replace(holder=data.body, addressee=None)
    if holding.fed and type(data) in _ENDS_FEEDING and source != holding.opener:
        return holding._replace(fed=False)
    return holding


_ENDS_FEEDING = {Routed, Forwarded, Reopened, *(row.data for row in TABLE.values() if row.target in TERMINAL)}
"""By such an event another source takes the appeal over from its register."""
