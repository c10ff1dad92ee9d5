"""`officials.yaml` of a realm: posts, who holds them, and rights given away. Optional: without it nobody signs in.

The file names users by their subject at the identity provider. Reference data have only hashes of these.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from natija_chassis.realm import yaml_file
from natija_chassis.realm.official_rights import body_of, may_delegate
from natija_chassis.user_ids import user_id
from natija_events.reference.data import ReferenceData
from natija_events.reference.entries import (
    DelegationEntry,
    HeldPost,
    Id,
    OfficialEntry,
    PostEntry,
    PostId,
    check_delegation,
)

OFFICIALS = "officials.yaml"

UserSubject = Annotated[str, StringConstraints(min_length=1, max_length=255)]
"""A user as the provider names it in the claim `sub`."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class FiledOfficial(_Part):
    """A user with the posts that they hold."""

    subject: UserSubject
    posts: tuple[HeldPost, ...]


class FiledDelegation(_Part):
    """The rights of a post, given for some days. Giver and receiver are subjects."""

    post: PostId
    given_by: UserSubject
    given_to: UserSubject
    valid_from: date
    valid_to: date

    @model_validator(mode="after")
    def _is_for_another(self) -> Self:
        check_delegation(self.given_by, self.given_to, self.valid_from, self.valid_to)
        return self


class OfficialsFile(_Part):
    """`officials.yaml`. Its users are those of one *issuer*."""

    issuer: str = ""
    posts: Mapping[PostId, PostEntry] = Field(default_factory=dict)
    officials: tuple[FiledOfficial, ...] = ()
    delegations: Mapping[Id, FiledDelegation] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _lists_each_user_once(self) -> Self:
        if len({one.subject for one in self.officials}) < len(self.officials):
            raise ValueError("a user is listed twice")
        if self.officials and not self.issuer:
            raise ValueError("needs the issuer of its users")
        return self


def load_officials(folder: Path, key: bytes) -> dict[str, Any]:
    """The sections of reference data in the file of *folder*; none without it. Users get their ids by *key*.

    Raises `FileError`.
    """
    path = folder / OFFICIALS
    if not path.exists():
        return {}
    file = yaml_file.load(path, OfficialsFile)

    def identify(subject: str) -> str:
        return user_id(key, file.issuer, subject)

    return {
        "posts": file.posts,
        "officials": {identify(one.subject): OfficialEntry(posts=one.posts) for one in file.officials},
        "delegations": {
            id: DelegationEntry(
                post=one.post, given_by=identify(one.given_by), given_to=identify(one.given_to),
                valid_from=one.valid_from, valid_to=one.valid_to,
            )
            for id, one in file.delegations.items()
        },
    }  # fmt: skip


def find_faults(found: ReferenceData) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The fields of `officials.yaml` that name what is nowhere defined, or give what is not theirs, with the rule."""
    for id in found.posts:
        if body_of(id) not in found.bodies:
            yield ("posts", id), "its body is not among the bodies"
    for place, official in enumerate(found.officials.values()):  # in the order of the file, which knows no ids
        if any(held.post not in found.posts for held in official.posts):
            yield ("officials", place, "posts"), "has a post that is not among the posts"
    for id, one in found.delegations.items():
        if one.post not in found.posts:
            yield ("delegations", id, "post"), "is not among the posts"
        elif one.given_to not in found.officials:
            yield ("delegations", id, "given_to"), "is not among the officials"
        elif not may_delegate(found, one, one.valid_from):
            yield ("delegations", id, "given_by"), "may not give this post: they must hold it, or be a head above it"
