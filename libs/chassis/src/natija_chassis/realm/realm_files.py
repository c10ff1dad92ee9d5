"""The files of a realm that hold its reference data: `directory.yaml`, `publishers.yaml` and, where officials sign in,
`officials.yaml` in one folder."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from natija_chassis.realm import officials_file, yaml_file
from natija_chassis.time_zones import ZoneName
from natija_events.reference.data import ReferenceData
from natija_events.reference.entries import (
    EACH,
    BodyEntry,
    CalendarBindingEntry,
    ChannelEntry,
    CountryTypeEntry,
    Entry,
    JurisdictionEntry,
    ListedEntry,
    PublisherEntry,
    RealmEntry,
    RegionEntry,
    SocialGroupEntry,
    TopicEntry,
    find_wrong_id,
)

DIRECTORY, PUBLISHERS = "directory.yaml", "publishers.yaml"
POSITION_STEP = 1000
"""Between two entries that are printed one after the other. So one can be put between them, and only it is written."""

Listing = TypeVar("Listing", bound=ListedEntry)


class DirectoryFile(BaseModel):
    """`directory.yaml`: each section by id, in the order of print. Country types are by jurisdiction, then by type."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    zone: ZoneName = "UTC"
    languages: tuple[str, ...] = ("en",)
    channels: Mapping[str, ChannelEntry] = Field(default_factory=dict)
    social_groups: Mapping[str, SocialGroupEntry] = Field(default_factory=dict)
    regions: Mapping[str, RegionEntry] = Field(default_factory=dict)
    topics: Mapping[str, TopicEntry] = Field(default_factory=dict)
    bodies: Mapping[str, BodyEntry] = Field(default_factory=dict)
    jurisdictions: Mapping[str, JurisdictionEntry] = Field(default_factory=dict)
    country_types: Mapping[str, Mapping[str, CountryTypeEntry]] = Field(default_factory=dict)
    calendar_bindings: Mapping[str, CalendarBindingEntry] = Field(default_factory=dict)


class PublishersFile(BaseModel):
    """`publishers.yaml`: each publisher by its source."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    publishers: Mapping[str, PublisherEntry] = Field(default_factory=dict)


def load_reference_data(folder: Path, user_id_key: bytes = b"") -> ReferenceData:
    """The reference data in the files of *folder*; *user_id_key* gives users their ids.

    Raises `FileError`, also for an id that is nowhere defined.
    """
    path = folder / DIRECTORY
    directory = yaml_file.load(path, DirectoryFile)
    publishers = yaml_file.load(folder / PUBLISHERS, PublishersFile).publishers
    found = ReferenceData(
        realm=RealmEntry(zone=directory.zone, languages=directory.languages),
        bodies=_positioned(directory.bodies),
        regions=_positioned(directory.regions),
        topics=_positioned(directory.topics),
        channels=_positioned(directory.channels),
        social_groups=_positioned(directory.social_groups),
        country_types=_positioned(
            {f"{place}/{type}": one for place, types in directory.country_types.items() for type, one in types.items()}
        ),
        jurisdictions=directory.jurisdictions,
        calendar_bindings=directory.calendar_bindings,
        publishers=publishers,
        **officials_file.load_officials(folder, user_id_key),
    )
    for section, id, rule in (*_wrong_ids(found), *_unknown_references(found)):
        if section == "publishers":
            raise yaml_file.error_at(folder / PUBLISHERS, (section, id), rule)
        raise yaml_file.error_at(path, (section, *(id.split("/") if section == "country_types" else [id])), rule)
    for field, rule in officials_file.find_faults(found):
        raise yaml_file.error_at(folder / officials_file.OFFICIALS, field, rule)
    return found


def _positioned(entries: Mapping[str, Listing]) -> dict[str, Listing]:
    return {
        id: entry.model_copy(update={"position": POSITION_STEP * place})
        for place, (id, entry) in enumerate(entries.items(), 1)
    }


Fault = tuple[str, str, str]
"""The section and the id of an entry, and the rule that it breaks."""


def _wrong_ids(found: ReferenceData) -> Iterator[Fault]:
    sections: dict[str, Mapping[str, Entry]] = {
        "bodies": found.bodies, "regions": found.regions, "topics": found.topics, "channels": found.channels,
        "social_groups": found.social_groups, "country_types": found.country_types,
        "jurisdictions": found.jurisdictions, "calendar_bindings": found.calendar_bindings,
        "publishers": found.publishers,
    }  # fmt: skip
    for section, entries in sections.items():
        for id, entry in entries.items():
            if rule := find_wrong_id(id, entry):
                yield section, id, rule


def _unknown_references(found: ReferenceData) -> Iterator[Fault]:
    for id, body in found.bodies.items():
        if body.superior is not None and body.superior not in found.bodies:
            yield "bodies", id, "its superior is not among the bodies"
        if body.region is not None and body.region not in found.regions:
            yield "bodies", id, "its region is not among the regions"
    for id, region in found.regions.items():
        if any(found.region_of[district] != id for district in region.districts):
            yield "regions", id, "has a district that another region has"
    for id, publisher in found.publishers.items():
        if publisher.body not in (None, EACH) and publisher.body not in found.bodies:
            yield "publishers", id, "its body is not among the bodies"
    yield from _without_jurisdiction(found, "country_types", [(id, id.partition("/")[0]) for id in found.country_types])
    yield from _unknown_bound(found)


def _unknown_bound(found: ReferenceData) -> Iterator[Fault]:
    for id in found.calendar_bindings:
        section, _, bound = id.rpartition("/")
        if section == "body" and bound not in found.bodies:
            yield "calendar_bindings", id, "its body is not among the bodies"
        if section == "region" and bound not in found.regions:
            yield "calendar_bindings", id, "its region is not among the regions"
        if not section:
            yield from _without_jurisdiction(found, "calendar_bindings", [(id, id)])


def _without_jurisdiction(found: ReferenceData, section: str, named: Sequence[tuple[str, str]]) -> Iterator[Fault]:
    for id, jurisdiction in named:
        if jurisdiction not in found.jurisdictions:
            yield section, id, "its jurisdiction is not among the jurisdictions"
