"""Authorization to act on an appeal: the conditions of the life-cycle table, by head and reference data. Pure."""

from collections.abc import Callable, Mapping

from natija_events.lifecycle.holding import Holding
from natija_events.lifecycle.transitions import HISTORY, TABLE, Condition
from natija_events.reference.data import ReferenceData
from natija_events.types.base import EventData
from natija_events.types.routing import Forwarded, Reopened, Routed
from natija_events.wire.rejection import Rejection

_Meets = Callable[[Holding, str, ReferenceData], bool]


def find_unauthorized(holding: Holding, source: str, data: EventData, reference: ReferenceData) -> str | None:
    """The rule that *source* breaks when it proposes this event on an appeal of this *holding*; None when it may.

    One of its roles must meet its condition. Whether it has a role for the type at all is checked before.
    """
    roles, rule = reference.roles(source), None
    for role, condition in TABLE[data.type].publishers.items():
        if role in roles:
            if condition == "always" or _MEETS[condition](holding, source, reference):
                return None
            rule = rule or RULES[condition]
    return rule


def meeting_roles(holding: Holding, source: str, data: EventData, reference: ReferenceData) -> frozenset[str]:
    """The roles of *source* that may publish this event and meet their conditions. A limit on roles asks these."""
    publishers = TABLE[data.type].publishers
    return frozenset(
        role
        for role in reference.roles(source)
        if (condition := publishers.get(role)) is not None  # type: ignore[call-overload]
        and (condition == "always" or _MEETS[condition](holding, source, reference))
    )


def find_wrong_body(holding: Holding, source: str, data: EventData, reference: ReferenceData) -> Rejection | None:
    """The rule that a body in *data* breaks; None when it breaks none.

    Only a forward or a reopening hands an appeal over, and a forward to another body: it begins a new term. A body does
    not reopen what it answered itself. The histories of other registers have no such rules.
    """
    if not isinstance(data, (Routed, Forwarded, Reopened)) or HISTORY in (
        roles := meeting_roles(holding, source, data, reference)
    ):
        return None
    if isinstance(data, Reopened):
        if _holds(holding, source, reference):
            return Rejection("unlawful", "source", RULES["above"])
        own = data.authority in _holders(holding, reference)
        return Rejection("unlawful", "authority", "is the body that held the appeal") if own else None
    if isinstance(data, Forwarded):
        own = not data.external and data.body == reference.body(source)
        return Rejection("unlawful", "body", "is the body that forwards the appeal") if own else None
    if holding.holder in (None, data.body) or "router" in roles:
        return None
    return Rejection("unlawful", "body", "only a forward hands the appeal over to another body")


def _holders(holding: Holding, reference: ReferenceData) -> tuple[str | None, ...]:
    """The bodies that may act: the holder; before there is one, the addressee and the body that opened the appeal."""
    if holding.holder is not None:
        return (holding.holder,)
    return holding.addressee, None if holding.opener is None else reference.body(holding.opener)


def _holds(holding: Holding, source: str, reference: ReferenceData) -> bool:
    body = reference.body(source)
    return body is not None and body in _holders(holding, reference)


def _above(holding: Holding, source: str, reference: ReferenceData) -> bool:
    body, holders = reference.body(source), _holders(holding, reference)
    if body is None or body in holders:
        return False
    return any(one is not None and reference.is_above(body, one) for one in holders)


def _unheld(holding: Holding, source: str, reference: ReferenceData) -> bool:
    return holding.holder not in reference.bodies


def _unfed(holding: Holding, source: str, reference: ReferenceData) -> bool:
    return not holding.fed


def _opened(holding: Holding, source: str, reference: ReferenceData) -> bool:
    return source == holding.opener and holding.holder is None and not holding.fed


def _feeds(holding: Holding, source: str, reference: ReferenceData) -> bool:
    return holding.fed and source == holding.opener


_MEETS: Mapping[Condition, _Meets] = {
    "holds": _holds,
    "above": _above,
    "unheld": _unheld,
    "unfed": _unfed,
    "opened": _opened,
    "feeds": _feeds,
}
RULES: Mapping[Condition, str] = {
    "holds": "only the body that holds the appeal may act; before one does, its addressee or the body that opened it",
    "above": "only a body above the one that holds the appeal may act",
    "unheld": "a body holds the appeal already",
    "unfed": "a register still feeds the appeal",
    "opened": "only the source that opened the appeal may, before a body holds it",
    "feeds": "only the register that opened the appeal and still feeds it may act",
}
"""The rule that a rejection states."""
