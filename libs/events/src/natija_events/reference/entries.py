"""The entries of reference data, one model for each kind. They hold no personal data.

An id never changes its meaning. When anything else of an entry changes, the whole entry is written again.
"""

import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from natija_events.lifecycle.transitions import HISTORY, Role
from natija_events.signatures import key_id
from natija_events.types.base import Instant
from natija_events.types.intake import AppealKind

Kind = Literal[
    "realm",
    "body",
    "region",
    "topic",
    "channel",
    "social-group",
    "country-type",
    "jurisdiction",
    "calendar-binding",
    "publisher",
    "post",
    "official",
    "delegation",
]
PublisherRole = Literal[Role, "voucher"]
OfficialRole = Literal[
    "registrar",
    "executor",
    "approver",
    "signer",
    "head",
    "controller",
    "auditor",
    "analyst",
    "operator",
    "directory-keeper",
    "data-officer",
]
HEAD: OfficialRole = "head"
"""The role of a post that leads its body, and may give away the posts of this body and of those below it."""
EACH = "*"
"""The body of a pattern whose sources each speak for a body of their own."""
OWN_SERVICES = "/services/"
"""The sources of our own services begin so. They read their outcomes on log and rejected."""
VOUCHER: PublisherRole = "voucher"
"""The role of a publisher that signs for the sources whose entries say `vouched`."""

_ID = r"[a-z0-9][a-z0-9-]{0,63}"
_JURISDICTION = r"[A-Z]{2}(-[A-Za-z0-9-]{1,20})?"
REALM_ID = "realm"
"""The id of the one entry that holds for the whole realm."""
Id = Annotated[str, StringConstraints(pattern=f"^{_ID}$")]
"""The id of a body, region, district, topic, channel or country type, as events carry it."""
JurisdictionId = Annotated[str, StringConstraints(pattern=f"^{_JURISDICTION}$")]
_LanguageCode = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
_NO_CONTROL = r"^[^\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+$"
_Name = Annotated[str, StringConstraints(max_length=300, pattern=_NO_CONTROL)]
"""A name without control marks: it is printed as it is."""
_POST = rf"(?=.{{3,64}}$){_ID}/{_ID}"
PostId = Annotated[str, StringConstraints(max_length=64, pattern=f"^{_ID}/{_ID}$")]
"""The id of a post, `BODY/POST`, as events carry it."""
_OFFICIAL = r"[0-9a-f]{64}"
OfficialId = Annotated[str, StringConstraints(pattern=f"^{_OFFICIAL}$")]
"""The id of an official: a hash of who they are at the identity provider, never a name or a number of a person."""
_PublicKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]


class Entry(BaseModel):
    """The content of one entry; `kind` says of which kind it is."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True)

    kind: ClassVar[Kind]


class NamedEntry(Entry):
    """An entry with names."""

    names: Mapping[_LanguageCode, _Name] = Field(default_factory=dict)
    """The name in each language (`ky`, `ru`, `kk`, `uz`, `en`)."""


class ListedEntry(NamedEntry):
    """A named entry that has a place in the order of print."""

    position: Annotated[int, Field(ge=0)] = 0
    """Entries are printed in the order of rising positions."""


class RealmEntry(Entry):
    """The settings of the whole realm."""

    kind = "realm"

    zone: str = "UTC"
    """The time zone of its local days, as the IANA names it."""
    languages: tuple[_LanguageCode, ...] = ("en",)
    """Its languages, the first one first."""


class BodyEntry(ListedEntry):
    """A body that answers appeals."""

    kind = "body"

    body_class: Id | None = Field(None, alias="class")
    """The group of bodies in statistics, such as central or local. In JSON: `class`."""
    superior: Id | None = None
    """The body to which a complaint about this one goes."""
    region: Id | None = None
    """The region in which a local body works."""


class DistrictEntry(NamedEntry):
    """A part of a region."""


class RegionEntry(ListedEntry):
    """A region with its districts."""

    kind = "region"

    districts: Mapping[Id, DistrictEntry] = Field(default_factory=dict)
    """Its districts by id. The id of a district is unique in the realm."""


class TopicEntry(ListedEntry):
    """The subject matter of appeals."""

    kind = "topic"


class ChannelEntry(ListedEntry):
    """The way by which an appeal arrives."""

    kind = "channel"


class SocialGroupEntry(ListedEntry):
    """A group to which applicants belong, for statistics."""

    kind = "social-group"


class CountryTypeEntry(ListedEntry):
    """A type of appeal that the law of a jurisdiction has beside the kinds of the contract. Its id is
    `JURISDICTION/TYPE`."""

    kind = "country-type"

    kinds: Annotated[frozenset[AppealKind], Field(min_length=1)]
    """The kinds of appeals that may be of this type."""


class JurisdictionEntry(NamedEntry):
    """A law under which appeals of this realm may fall."""

    kind = "jurisdiction"

    first_policy: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,50}/[0-9]{1,6}$")]
    """The earliest policy that gives terms, with its version."""
    policies_from: date
    """The first local day on which that policy is in force."""


class CalendarBindingEntry(Entry):
    """The working calendar of a jurisdiction, a region or a body. The entry's id is that of the jurisdiction, or
    `region/ID` or `body/ID`."""

    kind = "calendar-binding"

    calendar: JurisdictionId
    """The calendar by which its terms are counted."""


class PublisherKey(Entry):
    """An Ed25519 key of a publisher."""

    public_key: _PublicKey
    """32 bytes in base64url, without padding."""
    valid_from: Instant
    """The instant from which it may sign."""
    valid_to: Instant | None = None
    """The instant from which it may sign no more; absent: it may without end."""

    @cached_property
    def raw(self) -> bytes:
        """The 32 bytes."""
        return urlsafe_b64decode(self.public_key + "=")

    @cached_property
    def id(self) -> str:
        """The key as the attribute `publisherkey` names it."""
        return key_id(self.raw)

    def valid_at(self, time: datetime) -> bool:
        """Whether it may sign what reached the inbox at *time*."""
        return self.valid_from <= time and (self.valid_to is None or time < self.valid_to)


class PublisherEntry(Entry):
    """A system that may propose events. The entry's id is the source, or a pattern of sources."""

    kind = "publisher"

    roles: frozenset[PublisherRole]
    """Its rights, which the life-cycle table explains. Without any it may propose nothing."""
    body: Id | Literal["*"] | None = None
    """The body that it speaks for. A pattern may have `*`: each source speaks for the body that its end names."""
    keys: tuple[PublisherKey, ...] = ()
    """The keys with which it signs."""
    principal: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,200}$")] | None = None
    """Its Kafka user."""
    unsigned: bool = False
    """Whether it needs no signature. Only then its id may be a pattern."""
    vouched: bool = False
    """Whether a publisher with the role `voucher` may sign its events, too."""

    @model_validator(mode="after")
    def _has_a_way_to_sign(self) -> Self:
        if self.roles and not (self.keys or self.unsigned or self.vouched):
            raise ValueError("needs keys, or unsigned: true")
        return self

    @model_validator(mode="after")
    def _brings_histories_only(self) -> Self:
        if HISTORY in self.roles and len(self.roles) > 1:
            raise ValueError("a publisher of histories has no other role")
        return self


class PostEntry(NamedEntry):
    """A post of a body: whoever holds it acts for this body. Its id is `BODY/POST`."""

    kind = "post"

    roles: Annotated[frozenset[OfficialRole], Field(min_length=1)]
    """The roles of its holder for the body."""


class HeldPost(Entry):
    """A post that an official holds, by the local days of the realm."""

    post: PostId
    """The post."""
    valid_from: date | None = None
    """The first day; absent: without beginning."""
    valid_to: date | None = None
    """The last day; absent: without end."""


class OfficialEntry(Entry):
    """A person who may sign in and act for bodies. The entry has no name: its id is a hash, see `OfficialId`."""

    kind = "official"

    posts: tuple[HeldPost, ...]
    """The posts that they hold."""


def check_delegation(given_by: str, given_to: str, valid_from: date, valid_to: date) -> None:
    """Raise ValueError when a post's rights go to who gives them, or end before they begin."""
    if given_by == given_to:
        raise ValueError("nobody gives rights to themselves")
    if valid_to < valid_from:
        raise ValueError("ends before it begins")


class DelegationEntry(Entry):
    """A post's rights, given to another official for some days."""

    kind = "delegation"

    post: PostId
    """The post whose rights are given. The holder keeps them, too."""
    given_by: OfficialId
    """Its holder, or a head of the body or of one above it."""
    given_to: OfficialId
    """The official who has them meanwhile."""
    valid_from: date
    """The first local day."""
    valid_to: date
    """The last local day."""

    @model_validator(mode="after")
    def _is_for_another(self) -> Self:
        check_delegation(self.given_by, self.given_to, self.valid_from, self.valid_to)
        return self


_MODELS: tuple[type[Entry], ...] = (
    RealmEntry, BodyEntry, RegionEntry, TopicEntry, ChannelEntry, SocialGroupEntry, CountryTypeEntry,
    JurisdictionEntry, CalendarBindingEntry, PublisherEntry, PostEntry, OfficialEntry, DelegationEntry,
)  # fmt: skip
ENTRIES: Mapping[Kind, type[Entry]] = {model.kind: model for model in _MODELS}
"""The model of each kind."""

_IDS: Mapping[Kind, re.Pattern[str]] = {
    "realm": re.compile(REALM_ID),
    "country-type": re.compile(f"{_JURISDICTION}/{_ID}"),
    "jurisdiction": re.compile(_JURISDICTION),
    "calendar-binding": re.compile(f"({_JURISDICTION}|(region|body)/{_ID})"),
    "publisher": re.compile(r"/[A-Za-z0-9._/-]{0,126}\*?"),
    "post": re.compile(_POST),
    "official": re.compile(_OFFICIAL),
}
_OTHER_ID = re.compile(_ID)


def id_pattern(kind: Kind) -> str:
    """The form of the ids of *kind*, a regular expression for the whole id."""
    return _IDS.get(kind, _OTHER_ID).pattern


def is_id(kind: Kind, id: str) -> bool:
    """Whether *id* has the form of an id of *kind*."""
    return _IDS.get(kind, _OTHER_ID).fullmatch(id) is not None


def find_wrong_id(id: str, entry: Entry) -> str | None:
    """The rule that *id* breaks as the id of *entry*; None when it breaks none."""
    if not is_id(entry.kind, id):
        return f"is not the id of a {entry.kind}"
    if isinstance(entry, PublisherEntry) and id.endswith("*") and not entry.unsigned:
        return "only an unsigned publisher may be a pattern"
    if isinstance(entry, PublisherEntry) and entry.body == EACH and not id.endswith("*"):
        return "only a pattern may speak for each body"
    return None
