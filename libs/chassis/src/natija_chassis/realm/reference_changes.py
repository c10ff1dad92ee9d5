"""The difference between the realm's files and its reference data, as revisions to write. Pure."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from natija_chassis.errors import OperatorError
from natija_chassis.realm.realm_files import POSITION_STEP
from natija_events.reference.data import ReferenceData
from natija_events.reference.entries import OWN_SERVICES, Entry, Kind, ListedEntry, PublisherEntry
from natija_events.reference.history import ALWAYS, ReferenceHistory
from natija_events.reference.records import ReferenceRecord

Entries = Mapping[tuple[Kind, str], Entry]


def find_changes(history: ReferenceHistory, wanted: ReferenceData, now: datetime) -> list[ReferenceRecord]:
    """The revisions that make *wanted* of *history*, valid from *now*; none when nothing differs.

    The first revisions of a realm are valid for all time. Raises `OperatorError` when a publisher of our own would lose
    a role or all its keys: nobody else may route appeals or set terms.
    """
    known = {key: last.entry for key, last in history.latest().items() if last.entry is not None}
    entries = {(kind, id): entry for kind, id, entry in wanted.entries()}
    _refuse_lockout(known, entries)
    entries |= _in_kept_order(known, entries)
    changed = [(key, entry) for key, entry in entries.items() if known.get(key) != entry]
    ended = [(key, None) for key in known if key not in entries]
    valid_from = now if history.revisions else ALWAYS
    return [
        ReferenceRecord(kind, id, len(history.revisions.get((kind, id), ())) + 1, valid_from, entry)
        for (kind, id), entry in (*changed, *ended)
    ]


def _refuse_lockout(known: Entries, wanted: Entries) -> None:
    for key, before in known.items():
        if not isinstance(before, PublisherEntry) or not key[1].startswith(OWN_SERVICES) or not before.roles:
            continue
        after = wanted.get(key)
        roles = after.roles if isinstance(after, PublisherEntry) else frozenset()
        if lost := before.roles - roles:
            raise OperatorError(
                f"{key[1]} would lose the role {min(lost)}: its proposals would be refused. Keep it in publishers.yaml"
            )
        if isinstance(after, PublisherEntry) and not _can_still_sign(before, after):
            raise OperatorError(
                f"{key[1]} would lose every key that it signs with. Add the new key first, and remove the old one later"
            )


def _can_still_sign(before: PublisherEntry, after: PublisherEntry) -> bool:
    kept = {key.public_key for key in before.keys} & {key.public_key for key in after.keys}
    return after.unsigned or not before.keys or bool(kept)


def _in_kept_order(known: Entries, wanted: Entries) -> Iterator[tuple[tuple[Kind, str], Entry]]:
    """The listed entries of *wanted* in their order, with positions that differ from those *known* as little as
    possible. So an entry that is put between two others changes no other entry."""
    by_kind: dict[Kind, list[str]] = {}
    for (kind, id), entry in wanted.items():
        if isinstance(entry, ListedEntry):
            by_kind.setdefault(kind, []).append(id)
    for kind, ids in by_kind.items():
        held = [known.get((kind, id)) for id in ids]
        positions = place([one.position if isinstance(one, ListedEntry) else None for one in held])
        for id, position in zip(ids, positions, strict=True):
            yield (kind, id), wanted[kind, id].model_copy(update={"position": position})


def place(held: Sequence[int | None]) -> list[int]:
    """Rising positions: as many as possible of those *held* stay, the others come between. None has no position yet."""
    kept = sorted(_longest_rising(held), reverse=True)
    positions: list[int] = []
    for index, position in enumerate(held):
        last = positions[-1] if positions else 0
        if kept and kept[-1] == index and position is not None:
            positions.append(position)
            kept.pop()
        elif kept:
            positions.append(last + ((held[kept[-1]] or 0) - last) // (kept[-1] - index + 1))
        else:
            positions.append(last + POSITION_STEP)
    rising = all(one < another for one, another in zip([0, *positions], positions, strict=False))
    return positions if rising else [POSITION_STEP * count for count in range(1, len(held) + 1)]


def _longest_rising(held: Sequence[int | None]) -> set[int]:
    """The places of a longest rising subsequence of *held* (by patience sorting)."""
    ends: list[int] = []
    tails: list[int] = []
    before: dict[int, int | None] = {}
    for index, position in enumerate(held):
        if not position:
            continue
        length = bisect_left(ends, position)
        before[index] = tails[length - 1] if length else None
        ends[length:] = [position, *ends[length + 1 :]]
        tails[length:] = [index, *tails[length + 1 :]]
    kept, last = set[int](), tails[-1] if tails else None
    while last is not None:
        kept.add(last)
        last = before[last]
    return kept
