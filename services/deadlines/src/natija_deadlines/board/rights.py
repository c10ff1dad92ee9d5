"""The rights of an official on the board: everything follows from `may_read` (pure)."""

from typing import Literal

from natija_chassis.http.access import AccessRole
from natija_chassis.sign_in.appeal_access import AppealFacts, may_read
from natija_chassis.sign_in.official import Official
from natija_deadlines.terms.state import AppealTerms
from natija_deadlines.worklists.selection import ListReader
from natija_events.reference.data import ReferenceData

ROLES: tuple[AccessRole, ...] = ("head", "controller", "auditor")
"""Those for whom the board is."""
Sight = Literal["all", "dates", "nothing"]


def reader_of(official: Official, data: ReferenceData) -> ListReader:
    """The part of the lists that *official* sees, for the body for which they act."""
    body = official.body or ""
    everywhere = may_read(official, AppealFacts(frozenset()), data)
    known = sorted({body, *data.bodies})
    bodies = None if everywhere else tuple(one for one in known if may_read(official, _held_by(one), data))
    return ListReader(body, bodies, handles=may_read(official, _held_by(body)._replace(confidential=True), data))


def bodies_of(official: Official) -> tuple[str, ...]:
    """The bodies in which *official* has a post that opens the board."""
    return tuple(dict.fromkeys(one.body for one in official.posts if one.roles & frozenset(ROLES)))


def sight(official: Official, appeal: AppealTerms, original: AppealTerms | None, data: ReferenceData) -> Sight:
    """The part of one appeal that *official* sees. *original*: the appeal whose handling it complains about."""
    about = {appeal.complained_of, original.holder if original is not None else None} - {None}
    facts = AppealFacts(
        frozenset() if appeal.holder is None else frozenset([appeal.holder]),
        frozenset(one for one in about if one is not None),
        appeal.confidential,
    )
    if may_read(official, facts, data):
        return "all"
    return "dates" if may_read(official, facts._replace(confidential=False), data) else "nothing"


def _held_by(body: str) -> AppealFacts:
    return AppealFacts(frozenset([body]))
