"""The rights of an official on a day: the posts that they hold, and those whose rights were given to them. Pure."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from natija_events.reference.data import ReferenceData
from natija_events.reference.entries import HEAD, DelegationEntry, OfficialRole


class ActingPost(NamedTuple):
    """A post for which an official acts: its *body*, its *roles*, and the *last_day* of it; None without end.

    *delegation* is the id of the entry that gives it; None for a post of their own.
    """

    post: str
    body: str
    roles: frozenset[OfficialRole]
    last_day: date | None
    delegation: str | None = None


def acting_posts(data: ReferenceData, official: str, day: date) -> tuple[ActingPost, ...]:
    """All posts for which *official* acts on the local *day*: first their own. None for an unknown official."""
    return (*held_posts(data, official, day), *_delegated_posts(data, official, day))


def held_posts(data: ReferenceData, official: str, day: date) -> tuple[ActingPost, ...]:
    """The posts of their own. A post whose entry, or whose body, has ended gives nothing."""
    entry = data.officials.get(official)
    held = () if entry is None else entry.posts
    return tuple(
        found
        for one in held
        if _covers(one.valid_from, one.valid_to, day) and (found := _acting(data, one.post, one.valid_to))
    )


def may_delegate(data: ReferenceData, delegation: DelegationEntry, day: date) -> bool:
    """Whether its giver has on *day* the right to give the post: as its holder, or as a head of its body or above.

    A right that was itself given cannot be given on.
    """
    body = body_of(delegation.post)
    return any(
        own.post == delegation.post or (HEAD in own.roles and (own.body == body or data.is_above(own.body, body)))
        for own in held_posts(data, delegation.given_by, day)
    )


def body_of(post: str) -> str:
    """The body of *post*."""
    return post.partition("/")[0]


def _delegated_posts(data: ReferenceData, official: str, day: date) -> Iterator[ActingPost]:
    """It ends with the right of its giver, too: whoever lost a post has nothing left to give."""
    if official not in data.officials:
        return
    for id, one in data.delegations.items():
        if one.given_to == official and _covers(one.valid_from, one.valid_to, day) and may_delegate(data, one, day):
            found = _acting(data, one.post, one.valid_to, id)
            if found is not None:
                yield found


def _acting(data: ReferenceData, post: str, last_day: date | None, delegation: str | None = None) -> ActingPost | None:
    entry, body = data.posts.get(post), body_of(post)
    return (
        None if entry is None or body not in data.bodies else ActingPost(post, body, entry.roles, last_day, delegation)
    )


def _covers(first: date | None, last: date | None, day: date) -> bool:
    return (first is None or first <= day) and (last is None or day <= last)
