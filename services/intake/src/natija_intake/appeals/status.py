"""The public status of an appeal: one of eight, from its head."""

from typing import Literal

from natija_intake.registrar.heads import Head

PublicStatus = Literal[
    "being_registered", "received", "in_work", "needs_your_data", "forwarded", "term_extended", "answered", "closed",
]  # fmt: skip

_LABELS: dict[PublicStatus, str] = {
    "being_registered": "being registered",
    "received": "received",
    "in_work": "in work",
    "needs_your_data": "needs your data",
    "forwarded": "forwarded",
    "term_extended": "term extended",
    "answered": "answered",
    "closed": "closed",
}


def label(status: PublicStatus) -> str:
    """The status in English."""
    return _LABELS[status]


def public_status(head: Head | None) -> PublicStatus:
    """The status of the appeal with this head. Without a head it has a number, and is being registered."""
    if head is None:
        return "being_registered"
    match head.standing.state:
        case "AWAITING_DATA":
            return "needs_your_data"
        case "ANSWERED":
            return "answered"
        case "FORWARDED":
            return "forwarded"
        case "TRANSFERRED" if head.forwarded:
            return "forwarded"
        case "REGISTERED" | "TRANSFERRED" | "ROUTED" | "IN_WORK" | "ON_APPROVAL" | "ON_SIGNING" if head.extended:
            return "term_extended"
        case "NEW" | "REGISTERED":
            return "received"
        case "TRANSFERRED" | "ROUTED" | "IN_WORK" | "ON_APPROVAL" | "ON_SIGNING":
            return "in_work"
    return "closed"
