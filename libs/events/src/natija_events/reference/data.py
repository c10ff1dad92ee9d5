"""The value of a realm's reference data at one instant. Immutable: admission decides a whole batch on one of it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Literal, NamedTuple

from natija_events.reference.entries import (
    EACH,
    OWN_SERVICES,
    REALM_ID,
    VOUCHER,
    BodyEntry,
    CalendarBindingEntry,
    ChannelEntry,
    CountryTypeEntry,
    DelegationEntry,
    DistrictEntry,
    Entry,
    JurisdictionEntry,
    Kind,
    NamedEntry,
    OfficialEntry,
    PostEntry,
    PublisherEntry,
    PublisherKey,
    RealmEntry,
    RegionEntry,
    SocialGroupEntry,
    TopicEntry,
)

Section = Literal["bodies", "topics", "regions", "channels", "country_types"]
"""The entries that people know by name."""

SECTIONS: Mapping[Kind, str] = {
    "body": "bodies",
    "region": "regions",
    "topic": "topics",
    "channel": "channels",
    "social-group": "social_groups",
    "country-type": "country_types",
    "jurisdiction": "jurisdictions",
    "calendar-binding": "calendar_bindings",
    "publisher": "publishers",
    "post": "posts",
    "official": "officials",
    "delegation": "delegations",
}
"""The field of `ReferenceData` that holds the entries of a kind; the realm's own entry is `realm`."""

FROM_FILES = -1
"""The version of reference data that was not read from the topic."""


class Signer(NamedTuple):
    """A public *key*, and the *source* whose entry lists it."""

    source: str
    key: PublisherKey


@dataclass(frozen=True, kw_only=True)
class ReferenceData:
    """The entries in force, by id, each kind in the order of print.

    *version* is the offset of the last record applied. *former* are the entries that ended, for their names only.
    """

    version: int = FROM_FILES
    realm: RealmEntry = field(default_factory=RealmEntry)
    bodies: Mapping[str, BodyEntry] = field(default_factory=dict)
    regions: Mapping[str, RegionEntry] = field(default_factory=dict)
    topics: Mapping[str, TopicEntry] = field(default_factory=dict)
    channels: Mapping[str, ChannelEntry] = field(default_factory=dict)
    social_groups: Mapping[str, SocialGroupEntry] = field(default_factory=dict)
    country_types: Mapping[str, CountryTypeEntry] = field(default_factory=dict)
    """By `JURISDICTION/TYPE`: see `country_type`."""
    jurisdictions: Mapping[str, JurisdictionEntry] = field(default_factory=dict)
    calendar_bindings: Mapping[str, CalendarBindingEntry] = field(default_factory=dict)
    """By jurisdiction, `region/ID` or `body/ID`."""
    publishers: Mapping[str, PublisherEntry] = field(default_factory=dict)
    """By source or pattern: see `publisher`."""
    posts: Mapping[str, PostEntry] = field(default_factory=dict)
    """By `BODY/POST`."""
    officials: Mapping[str, OfficialEntry] = field(default_factory=dict)
    delegations: Mapping[str, DelegationEntry] = field(default_factory=dict)
    former: Mapping[str, Mapping[str, NamedEntry]] = field(default_factory=dict)

    @property
    def zone(self) -> str:
        """The time zone of the realm's local days."""
        return self.realm.zone

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the realm, the first one first."""
        return self.realm.languages

    def entries(self) -> Iterator[tuple[Kind, str, Entry]]:
        """Every entry in force, with its kind and id."""
        yield "realm", REALM_ID, self.realm
        for kind, section in SECTIONS.items():
            for id, entry in getattr(self, section).items():
                yield kind, id, entry

    def name(self, section: Section, id: str, language: str = "en") -> str:
        """The name of *id*, in *language* or else the realm's first language; an unknown id itself."""
        known: Mapping[str, NamedEntry] = getattr(self, section)
        entry = known.get(id) or self.former.get(section, {}).get(id)
        if entry is None:
            return id
        return next((entry.names[one] for one in (language, *self.realm.languages) if one in entry.names), id)

    def publisher(self, source: str) -> PublisherEntry | None:
        """The publisher *source*, or the one with the longest pattern that covers it; None for an unknown source."""
        return self._find_publisher(source)

    def roles(self, source: str) -> frozenset[str]:
        """The roles of *source*; none for an unknown source."""
        publisher = self._find_publisher(source)
        return frozenset() if publisher is None else publisher.roles

    def body(self, source: str) -> str | None:
        """The body that *source* speaks for; None for a source that speaks for none."""
        publisher = self._find_publisher(source)
        if publisher is None or publisher.body != EACH:
            return None if publisher is None else publisher.body
        return source.rpartition("/")[2]

    def is_above(self, body: str, other: str) -> bool:
        """Whether complaints about *other* go to *body*, or to a body below it."""
        seen: set[str] = set()
        while (entry := self.bodies.get(other)) is not None and entry.superior is not None and other not in seen:
            seen.add(other)
            other = entry.superior
            if other == body:
                return True
        return False

    def signer(self, source: str, publisherkey: str) -> Signer | None:
        """The owner of the key *publisherkey* if it may sign for *source*: the source itself, or a voucher."""
        publisher = self._find_publisher(source)
        if publisher is None:
            return None
        own = next((Signer(source, key) for key in publisher.keys if key.id == publisherkey), None)
        return self._vouchers.get(publisherkey) if own is None and publisher.vouched else own

    def country_type(self, jurisdiction: str, type: str) -> CountryTypeEntry | None:
        """The type of appeal that *jurisdiction* calls *type*; None for an unknown one."""
        return self.country_types.get(f"{jurisdiction}/{type}")

    @cached_property
    def outcome_readers(self) -> tuple[str, ...]:
        """The publishers that have an outcome topic: those with a Kafka user, other than our own services."""
        return tuple(
            source
            for source, entry in self.publishers.items()
            if entry.principal is not None and not source.endswith("*") and not source.startswith(OWN_SERVICES)
        )

    @cached_property
    def districts(self) -> Mapping[str, DistrictEntry]:
        """The districts of all regions, by id."""
        return {id: district for region in self.regions.values() for id, district in region.districts.items()}

    @cached_property
    def region_of(self) -> Mapping[str, str]:
        """The region of each district, both by id."""
        return {district: id for id, region in self.regions.items() for district in region.districts}

    @cached_property
    def _vouchers(self) -> Mapping[str, Signer]:
        vouchers = [(source, one) for source, one in self.publishers.items() if VOUCHER in one.roles]
        return {key.id: Signer(source, key) for source, voucher in vouchers for key in voucher.keys}

    @cached_property
    def _find_publisher(self) -> Callable[[str], PublisherEntry | None]:
        return lru_cache(maxsize=1024)(self._look_up)  # the same few sources, twice for each event

    def _look_up(self, source: str) -> PublisherEntry | None:
        if source in self.publishers:
            return self.publishers[source]
        matching = [name for name in self.publishers if name.endswith("*") and source.startswith(name[:-1])]
        return self.publishers[max(matching, key=len)] if matching else None


GetReferenceData = Callable[[], ReferenceData]
"""Gives the reference data in force now."""
