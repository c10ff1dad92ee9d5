"""Links from one appeal to another: the appeal that an event names must be registered. Pure.

A number that is not known yet is a conflict: its appeal may be on its way, on another partition. A publisher
registers a part before it links it. The numbers in histories of other registers are not checked.
"""

from collections.abc import Container, Iterator, Mapping

from natija_events.ids import is_appeal_number
from natija_events.lifecycle.transitions import HISTORY
from natija_events.reference.data import ReferenceData
from natija_events.types.base import EventData
from natija_events.types.intake import ComplaintFiled, DuplicateLinked, Registered, RepeatLinked
from natija_events.types.routing import ForwardedInPart
from natija_events.wire.envelope import Event
from natija_events.wire.proposal import Proposal
from natija_events.wire.rejection import Rejection

LINKS: Mapping[str, str] = {
    ComplaintFiled.type: "complaint",
    DuplicateLinked.type: "of",
    ForwardedInPart.type: "child",
    Registered.type: "parent",
    RepeatLinked.type: "of",
}
"""The field of a type that names another appeal. A complaint may be about an appeal that nobody knows: it is accepted,
and routing asks a person."""


def linked_appeals(proposal: Proposal) -> Iterator[str]:
    """The numbers of the appeals that the events of *proposal* name. Its data are not checked yet."""
    for event, values in zip(proposal.events, proposal.values, strict=True):
        number = values.get(LINKS.get(event.type, ""))
        if isinstance(number, str) and is_appeal_number(number):
            yield number


def find_wrong_link(
    event: Event, data: EventData, registered: Container[str], reference: ReferenceData
) -> Rejection | None:
    """The rule that the link of *event* breaks; None when it breaks none.

    *registered* has those appeals of `linked_appeals` that are registered.
    """
    field = LINKS.get(data.type)
    number = None if field is None else getattr(data, field)
    if field is None or number is None or HISTORY in reference.roles(event.source):
        return None
    if number == event.subject:
        return Rejection("unlawful", field, "is the number of the appeal itself")
    return None if number in registered else Rejection("conflict", field, "is not the number of a registered appeal")
