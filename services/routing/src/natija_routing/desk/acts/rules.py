"""The rules of acts: which roles may do them, in which state of an appeal, and what two persons must do. Pure.

The registrar decides in the end. These rules say before why an act is not possible, in words for a page.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NamedTuple, get_args

from natija_chassis.http.access import AccessRole
from natija_chassis.sign_in.official import Official
from natija_events.lifecycle.transitions import OPEN, TABLE
from natija_events.reference.data import ReferenceData
from natija_events.types.base import EventData
from natija_events.types.deadlines import TermExtended
from natija_events.types.routing import (
    Answered,
    DataRequested,
    DecisionApproved,
    DecisionDeclined,
    DecisionPrepared,
    ExecutorChanged,
    Forwarded,
    Returned,
    Routed,
)
from natija_routing.desk.cases.state import Case

DeskAct = Literal["route", "assign", "prepare", "approve", "sign", "decline", "ask", "extend", "forward", "return"]
ACTS: tuple[DeskAct, ...] = get_args(DeskAct)
"""In the order of work."""

Obstacle = Literal[
    "role",
    "closed",
    "not_held",
    "addressed",
    "held",
    "state",
    "own_draft",
    "own_approval",
    "not_in_charge",
    "no_extension",
    "no_desk",
]
"""Why an act is not possible. *role*: none of one's posts has the right. *own_draft*, *own_approval*: another person
must do it. *addressed*: the applicant wrote to this body, which takes it up or forwards it. *no_desk*: reference data
list no desk of the body."""


class ActRule(NamedTuple):
    """The *roles* that may do an act, and the event that it proposes."""

    roles: frozenset[AccessRole]
    event: type[EventData]


def _rule(event: type[EventData], *roles: AccessRole) -> ActRule:
    return ActRule(frozenset(roles), event)


RULES: Mapping[DeskAct, ActRule] = {
    "route": _rule(Routed, "registrar", "head"),
    "assign": _rule(ExecutorChanged, "registrar", "head"),
    "prepare": _rule(DecisionPrepared, "executor"),
    "approve": _rule(DecisionApproved, "approver", "head"),
    "sign": _rule(Answered, "signer", "head"),
    "decline": _rule(DecisionDeclined, "approver", "signer", "head"),
    "ask": _rule(DataRequested, "executor", "registrar", "head"),
    "extend": _rule(TermExtended, "signer", "head"),
    "forward": _rule(Forwarded, "registrar", "signer", "head"),
    "return": _rule(Returned, "signer", "head"),
}


def find_obstacle(act: DeskAct, case: Case, official: Official, data: ReferenceData, now: datetime) -> Obstacle | None:
    """Why *official* cannot do *act* on *case* at the instant *now*; None when they can."""
    if not official.roles & RULES[act].roles:
        return "role"
    if not case.is_open:
        return "closed"
    if official.body is None or "desk" not in data.roles(desk(official.body)):
        return "no_desk"
    return _place_obstacle(act, case, official.body, data) or _act_obstacle(act, case, official, now)


def desk(body: str) -> str:
    """The source as which the officials of *body* propose."""
    return f"/desks/{body}"


def event_of(act: DeskAct, case: Case) -> type[EventData]:
    """The event that *act* proposes on *case*. A first official in charge is named by a routing to one's own body."""
    if act == "assign" and case.stage in ("unrouted", "arrived"):
        return Routed
    return RULES[act].event


def _place_obstacle(act: DeskAct, case: Case, body: str, data: ReferenceData) -> Obstacle | None:
    if case.holder is None and case.body == body:
        return None if act in ("assign", "forward") else "addressed" if act == "route" else "state"
    if case.holder is None:
        return None if act == "route" and "router" in data.roles(desk(body)) else "not_held"
    if case.holder != body:
        return "not_held"
    if act == "route":
        return "held"
    return None if case.standing.state in TABLE[event_of(act, case).type].source else "state"


def _act_obstacle(act: DeskAct, case: Case, official: Official, now: datetime) -> Obstacle | None:
    posts = {one.post for one in official.posts}
    if act == "prepare" and case.executor not in posts:
        return "not_in_charge"
    if act in ("approve", "sign") and case.executor in posts:
        return "own_draft"
    if act == "sign":
        return "state" if case.stage != "signing" else "own_approval" if case.approver in posts else None
    if act == "extend":
        ends = [one for one in (case.due, case.extend_until) if one is not None]
        return None if case.extensions > 0 and ends and now <= min(ends) else "no_extension"
    return None


assert all(TABLE[one.event.type].source[0] in OPEN for one in RULES.values())
