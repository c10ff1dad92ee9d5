"""Which working calendar counts the terms of a body: the bindings of the realm's reference data, resolved (pure)."""

from collections.abc import Container

from natija_chassis.errors import OperatorError
from natija_events.reference.data import ReferenceData


def calendar_of(body: str | None, jurisdiction: str, reference: ReferenceData) -> str:
    """The id of the calendar by which the terms of *body* under *jurisdiction* are counted.

    The first binding decides: of the body, of its region, then of its superior and of that one's region, and so on; at
    last of the jurisdiction. Without any, the calendar has the id of the jurisdiction.
    """
    bindings, seen = reference.calendar_bindings, set[str]()
    while body is not None and body not in seen and (entry := reference.bodies.get(body)) is not None:
        for id in (f"body/{body}", f"region/{entry.region}"):
            if id in bindings:
                return bindings[id].calendar
        seen.add(body)
        body = entry.superior
    return bindings[jurisdiction].calendar if jurisdiction in bindings else jurisdiction


def check(reference: ReferenceData, calendars: Container[str]) -> None:
    """Raise `OperatorError` when a binding names none of *calendars*: its bodies would have another's days off."""
    unknown = [
        f"{id}: {one.calendar}" for id, one in reference.calendar_bindings.items() if one.calendar not in calendars
    ]
    if unknown:
        raise OperatorError(
            f"calendar bindings name working calendars that do not exist: {', '.join(unknown)}. Correct"
            " calendar_bindings in the directory of the realm and run `natija provision`, or add the calendar"
        )
