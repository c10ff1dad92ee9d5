"""All revisions of a realm's reference data, and the value that they give at an instant. Immutable.

The registrar judges a proposal by the value at its append time. So an outage makes nothing late: no signature, no code.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from natija_events import limits
from natija_events.reference.data import SECTIONS, ReferenceData
from natija_events.reference.entries import Entry, Kind, ListedEntry, NamedEntry, RealmEntry
from natija_events.reference.records import ReferenceRecord, read_record
from natija_events.wire.values import Unreadable

ALWAYS = limits.EARLIEST
"""From when the first revisions of a realm are valid: what a realm begins with has always been in force."""


class StoredRecord(NamedTuple):
    """A record of the topic, as it is stored."""

    offset: int
    key: bytes | None
    value: bytes | None


class SkippedRecord(NamedTuple):
    """A record that says nothing: its *field* breaks *rule*."""

    offset: int
    field: str
    rule: str


@dataclass(frozen=True)
class ReferenceHistory:
    """The revisions of each entry, by kind and id, the oldest first. *version* is the offset of the last one."""

    version: int = -1
    revisions: Mapping[tuple[Kind, str], tuple[ReferenceRecord, ...]] = field(default_factory=dict)

    def apply(self, records: Iterable[StoredRecord]) -> tuple["ReferenceHistory", list[SkippedRecord]]:
        """The history with *records*, and those among them that were skipped.

        A record is applied when it is readable and holds the next revision of its entry. So of two revisions that were
        written at once, every reader takes the same one.
        """
        version, revisions, skipped = self.version, dict(self.revisions), list[SkippedRecord]()
        for stored in records:
            try:
                record = read_record(stored.key, stored.value)
            except Unreadable as error:
                skipped.append(SkippedRecord(stored.offset, error.field, error.rule))
                continue
            known = revisions.get((record.kind, record.id), ())
            if record.revision != len(known) + 1:
                skipped.append(SkippedRecord(stored.offset, "revision", "is not the next one of its entry"))
                continue
            revisions[record.kind, record.id] = (*known, record)
            version = stored.offset
        return ReferenceHistory(version, revisions), skipped

    def latest(self) -> dict[tuple[Kind, str], ReferenceRecord]:
        """The newest revision of each entry, by kind and id."""
        return {key: revisions[-1] for key, revisions in self.revisions.items()}

    def at(self, instant: datetime) -> ReferenceData:
        """The reference data in force at *instant*, which has a zone. Computed once between two changes."""
        period = bisect_right(self._changes, instant)
        if period not in self._known:
            self._known[period] = self._compute(instant)
        return self._known[period]

    @cached_property
    def _changes(self) -> list[datetime]:
        """The instants at which something changes."""
        return sorted({one.valid_from for revisions in self.revisions.values() for one in revisions})

    @cached_property
    def _known(self) -> dict[int, ReferenceData]:
        return {}

    def _compute(self, instant: datetime) -> ReferenceData:
        in_force: dict[str, dict[str, Entry]] = {section: {} for section in SECTIONS.values()}
        former: dict[str, dict[str, NamedEntry]] = {section: {} for section in SECTIONS.values()}
        realm = RealmEntry()
        for (kind, id), entry, ended in self._entries(instant):
            if isinstance(entry, RealmEntry):
                realm = entry
            elif not ended:
                in_force[SECTIONS[kind]][id] = entry
            elif isinstance(entry, NamedEntry):
                former[SECTIONS[kind]][id] = entry
        ordered: dict[str, Any] = {section: _in_order(entries) for section, entries in in_force.items()}
        return ReferenceData(version=self.version, realm=realm, former=former, **ordered)

    def _entries(self, instant: datetime) -> Iterator[tuple[tuple[Kind, str], Entry, bool]]:
        """Each entry that began by *instant* in its last content, and whether it has ended."""
        for key, revisions in self.revisions.items():
            begun = [one for one in revisions if one.valid_from <= instant]
            last = next((one.entry for one in reversed(begun) if one.entry is not None), None)
            if last is not None:
                yield key, last, begun[-1].entry is None


def _in_order(entries: Mapping[str, Entry]) -> dict[str, Entry]:
    def place(item: tuple[str, Entry]) -> int:
        return item[1].position if isinstance(item[1], ListedEntry) else 0

    return dict(sorted(entries.items(), key=place))
