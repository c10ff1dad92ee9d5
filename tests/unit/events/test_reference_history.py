"""The history of reference data: revisions in order, and the value they give at an instant."""

from datetime import UTC, datetime, timedelta

from natija_events.reference.data import ReferenceData
from natija_events.reference.entries import BodyEntry, Entry, Kind, RealmEntry, TopicEntry
from natija_events.reference.history import ALWAYS, ReferenceHistory, SkippedRecord, StoredRecord
from natija_events.reference.records import ReferenceRecord, write_record

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ROADS, STREETS = TopicEntry(names={"en": "Roads"}), TopicEntry(names={"en": "Streets"})


def stored(
    offset: int, id: str, revision: int, entry: Entry | None, at: datetime = NOON, kind: Kind = "topic"
) -> StoredRecord:
    return StoredRecord(offset, *write_record(ReferenceRecord(kind, id, revision, at, entry)))


def history(*records: StoredRecord) -> ReferenceHistory:
    found, skipped = ReferenceHistory().apply(records)
    assert skipped == []
    return found


def test_revision_is_in_force_from_its_instant() -> None:
    found = history(stored(0, "roads", 1, ROADS, ALWAYS), stored(1, "roads", 2, STREETS), stored(2, "roads", 3, None))
    assert found.at(NOON - HOUR).topics == {"roads": ROADS}
    assert found.at(NOON).topics == {}
    assert found.at(NOON).name("topics", "roads") == "Streets"
    assert found.version == found.at(NOON - HOUR).version == 2


def test_ended_entry_may_begin_again() -> None:
    found = history(stored(0, "roads", 1, ROADS), stored(1, "roads", 2, None), stored(2, "roads", 3, STREETS))
    assert found.at(NOON).topics == {"roads": STREETS}
    assert found.at(NOON).former["topics"] == {}


def test_revision_of_future_waits() -> None:
    found = history(stored(0, "roads", 1, ROADS), stored(1, "roads", 2, STREETS, NOON + HOUR))
    assert found.at(NOON).topics == {"roads": ROADS}
    assert found.at(NOON + HOUR).topics == {"roads": STREETS}


def test_entries_are_in_order_of_position() -> None:
    found = history(
        stored(0, "b", 1, BodyEntry(position=2), kind="body"),
        stored(1, "a", 1, BodyEntry(position=3), kind="body"),
        stored(2, "c", 1, BodyEntry(position=1), kind="body"),
        stored(3, "realm", 1, RealmEntry(zone="Asia/Bishkek"), kind="realm"),
    )
    assert list(found.at(NOON).bodies) == ["c", "b", "a"]
    assert found.at(NOON).realm.zone == "Asia/Bishkek"


def test_wrong_records_are_skipped() -> None:
    """Unreadable records and other revisions than the next one say nothing, and the version stays."""
    found, skipped = history(stored(0, "roads", 1, ROADS)).apply(
        [
            StoredRecord(1, b"topic/roads", b"{"),
            stored(2, "roads", 1, STREETS),
            stored(3, "roads", 3, STREETS),
            stored(4, "land", 2, STREETS),
        ]
    )
    assert [(one.offset, one.field) for one in skipped] == [
        (1, "data"),
        (2, "revision"),
        (3, "revision"),
        (4, "revision"),
    ]
    assert skipped[1] == SkippedRecord(2, "revision", "is not the next one of its entry")
    assert found == history(stored(0, "roads", 1, ROADS))


def test_earlier_history_does_not_change() -> None:
    """A batch is decided on one snapshot: what is read meanwhile makes another one."""
    before = history(stored(0, "roads", 1, ROADS))
    snapshot = before.at(NOON)
    after, _ = before.apply([stored(1, "roads", 2, STREETS)])
    assert before.at(NOON) is snapshot
    assert (snapshot.version, after.at(NOON).version) == (0, 1)
    assert snapshot.topics == {"roads": ROADS}


def test_empty_history_has_no_entry() -> None:
    found = ReferenceHistory()
    assert found.version == -1
    assert list(found.at(NOON).entries()) == list(ReferenceData().entries())


def test_value_is_computed_once_between_changes() -> None:
    found = history(stored(0, "roads", 1, ROADS), stored(1, "roads", 2, STREETS, NOON + HOUR))
    assert found.at(NOON) is found.at(NOON + HOUR / 2)
    assert found.at(NOON) is not found.at(NOON + HOUR)
