"""The signed-in official, with the posts for which they act now."""

from datetime import datetime
from typing import NamedTuple

from natija_chassis.http.access import AccessRole, Principal
from natija_chassis.realm.official_rights import ActingPost, acting_posts
from natija_chassis.sign_in.sessions import Session
from natija_chassis.time_zones import time_zone
from natija_chassis.user_ids import user_id
from natija_events.reference.data import ReferenceData


class Official(NamedTuple):
    """A signed-in person: the *id* that reference data have of them, the *posts* for which they act at this moment,
    and the *body* for which this session acts. Their *roles* are those of the posts of this body, and of no other.
    *instant* is the wall time of the request.
    """

    id: str
    posts: tuple[ActingPost, ...]
    body: str | None
    session: Session
    instant: datetime

    @property
    def roles(self) -> frozenset[AccessRole]:
        """Their roles for their body; none without a post."""
        mine = [one.roles for one in self.posts if one.body == self.body]
        return frozenset[AccessRole]().union(*mine, ["official"] if mine else [])

    @property
    def principal(self) -> Principal:
        """The sender of their requests. In logs they have the name of their first post."""
        name = next((one.post for one in self.posts if one.body == self.body), "no post")
        return Principal(name, self.roles, self.body, csrf_token=self.session.csrf_token)


def find_official(
    session: Session, data: ReferenceData, user_id_key: bytes, now: datetime, instant: datetime
) -> Official:
    """The official of *session*, with the rights of the local day of *now* in *data*. *instant* is now in wall time.

    With posts of several bodies they act for the chosen one, or else for that of the first post.
    """
    id = user_id(user_id_key, session.issuer, session.subject)
    posts = acting_posts(data, id, now.astimezone(time_zone(data.zone)).date())
    bodies = [one.body for one in posts]
    body = session.body if session.body in bodies else next(iter(bodies), None)
    return Official(id, posts, body, session, instant)
