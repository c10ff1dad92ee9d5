"""The right of an official to read one appeal. Pure.

A route's row of the access table opens the route; this decides about each appeal behind it.
"""

from typing import NamedTuple

from natija_chassis.http.access import AccessRole
from natija_chassis.sign_in.official import Official
from natija_events.reference.data import ReferenceData
from natija_events.reference.entries import HEAD

HANDLING: frozenset[AccessRole] = frozenset(["registrar", "executor", "approver", "signer", HEAD])
"""They work on the appeals of their body. Other roles need figures, settings or processes, but no letters."""
WATCHING: frozenset[AccessRole] = frozenset(["controller", "auditor"])
"""They see how others work, and handle nothing."""


class AppealFacts(NamedTuple):
    """The facts of an appeal that decide who may read it.

    *bodies* have it: its holder, or its addressee while nobody holds it. *complained_of* are the bodies that it
    complains about, as registered, and the holder of the appeal whose handling it complains about.
    """

    bodies: frozenset[str]
    complained_of: frozenset[str] = frozenset()
    confidential: bool = False


def may_read(official: Official, appeal: AppealFacts, data: ReferenceData) -> bool:
    """Whether *official* may read *appeal* for the body for which they act.

    A body never reads complaints about itself. A confidential appeal is read only by those who handle it. Another one
    is also read by those who watch, and by heads above its body.
    """
    body, roles = official.body, official.roles
    if body is None or body in appeal.complained_of:
        return False
    if body in appeal.bodies and roles & HANDLING:
        return True
    if appeal.confidential:
        return False
    return bool(roles & WATCHING) or (HEAD in roles and any(data.is_above(body, one) for one in appeal.bodies))
