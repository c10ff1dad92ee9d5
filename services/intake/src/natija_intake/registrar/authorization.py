"""Authorization to act on an appeal: the conditions of the life-cycle table, by head and reference data. Pure."""

from collections.abc import Callable, Mapping

from natija_events.lifecycle.holding import Holding
from natija_events.lifecycle.transitions import HISTORY, TABLE, Condition
from natija_events.reference.data import ReferenceData
from natija_events.types.base import EventData
from natija_events.types.routing import Routed

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


def hands_over(holding: Holding, source: str, data: EventData, reference: ReferenceData) -> bool:
    """Whether *data* routes an appeal from the body that holds it to another one. Only a forward may do so.

    The histories of other registers have no such rule.
    """
    if not isinstance(data, Routed) or holding.holder in (None, data.body):
        return False
    return HISTORY not in reference.roles(source)


def _holds(holding: Holding, source: str, reference: ReferenceData) -> bool:
    body = reference.body(source)
    if body is None:
        return False
    if holding.holder is not None:
        return body == holding.holder
    return body == holding.addressee or (holding.opener is not None and body == reference.body(holding.opener))


def _holds_or_above(holding: Holding, source: str, reference: ReferenceData) -> bool:
    if _holds(holding, source, reference):
        return True
    body = reference.body(source)
    return body is not None and holding.holder is not None and reference.is_above(body, holding.holder)


def _unheld(holding: Holding, source: str, reference: ReferenceData) -> bool:
    return holding.holder is None


def _unfed(holding: Holding, source: str, reference: ReferenceData) -> bool:
    return not holding.fed


def _opened(holding: Holding, source: str, reference: ReferenceData) -> bool:
    return source == holding.opener and holding.holder is None and not holding.fed


def _feeds(holding: Holding, source: str, reference: ReferenceData) -> bool:
    return holding.fed and source == holding.opener


_MEETS: Mapping[Condition, _Meets] = {
    "holds": _holds,
    "holds-or-above": _holds_or_above,
    "unheld": _unheld,
    "unfed": _unfed,
    "opened": _opened,
    "feeds": _feeds,
}
RULES: Mapping[Condition, str] = {
    "holds": "only the body that holds the appeal may act; before one does, its addressee or the body that opened it",
    "holds-or-above": "only the body that holds the appeal, or one above it, may act",
    "unheld": "a body holds the appeal already",
    "unfed": "a register still feeds the appeal",
    "opened": "only the source that opened the appeal may, before a body holds it",
    "feeds": "only the register that opened the appeal and still feeds it may act",
}
"""The rule that a rejection states."""
