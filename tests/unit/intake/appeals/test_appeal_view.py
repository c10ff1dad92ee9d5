"""The KEK opens the sealed values of an appeal. A value that cannot be opened says why."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

from tests.sealing import KEYS, REALM_KEY, sealed_event

from natija_chassis.opening.data_keys import DataKeys
from natija_chassis.opening.opened_event import OpenedEvent, open_event
from natija_events.sealing.storage import KeyEncryptionKey
from natija_events.types.base import EventData
from natija_events.types.intake import Registered, Supplemented
from natija_events.types.personal import AppealText, Person, Text
from natija_events.wire.envelope import Event, Stamp
from natija_events.wire.record import RecordedEvent
from natija_events.wire.stored_key import StoredKey, read_stored_key, write_erased_key, write_stored_key
from natija_intake.appeal_view.rendering import appeal_json, appeal_table

NUMBER = "KG-7K3M-9QX4-T2R8-MA"
THEN = datetime(2026, 3, 1, 8, 5, tzinfo=UTC)
STAMP = Stamp(1, 1, THEN, 0, 0, "0")
PERSON = Person(name="Asanova Aigul")
APPEAL = Registered(
    kind="complaint", form="written", channel="other", received=THEN, jurisdiction="KG", person=PERSON,
    content=AppealText(text="The road\x1b[2J has washed away."),
)  # fmt: skip
KEY = REALM_KEY.new_key(NUMBER)
EVENT = sealed_event("/portals/x", NUMBER, THEN, APPEAL, key=KEY)
STORED = read_stored_key(*write_stored_key(KEYS.storage, KEY.data_key))


def recorded(event: Event, data: EventData | None) -> RecordedEvent:
    return RecordedEvent(0, 0, event, STAMP, data, ())


def opened(
    stored: StoredKey | None = STORED, keks: Sequence[KeyEncryptionKey] = (KEYS.storage,), event: Event = EVENT
) -> OpenedEvent:
    """EVENT as it is read from the log, with this record of its key."""
    data = Registered.model_validate_json(event.data)
    keys = DataKeys({} if stored is None else {stored.kid: stored}, keks)
    return open_event(recorded(event, data), keys, "kg")


def test_names_and_texts_are_opened() -> None:
    data = opened().data
    assert data["person"] == {"name": "Asanova Aigul"}
    assert data["content"] == {"text": "The road\x1b[2J has washed away."}
    assert data["channel"] == "other"
    assert not opened().problems


def test_table_shows_fields_safely() -> None:
    """Under dotted paths, and without characters that a terminal would obey."""
    table = appeal_table(NUMBER, [opened()])
    assert "1  2026-03-01 08:05:00Z  appeal.registered.v1  /portals/x" in table
    assert "person.name Asanova Aigul" in " ".join(table.split())
    assert r"The road\x1b[2J has washed away." in table


def test_json_is_exact_and_safe() -> None:
    text = appeal_json(NUMBER, [opened()])
    assert "\x1b" not in text
    [event] = json.loads(text)["events"]
    assert event["data"]["content"]["text"] == "The road\x1b[2J has washed away."


def test_erased_key_shows_as_erased() -> None:
    found = opened(read_stored_key(*write_erased_key(STORED.kid, THEN)))
    assert found.problems == {"erased"}
    assert "(erased at 2026-03-01 08:05:00Z)" in appeal_table(NUMBER, [found])
    [event] = json.loads(appeal_json(NUMBER, [found]))["events"]
    assert event["data"]["person"]["problem"] == "erased"


def test_missing_key_shows_as_missing() -> None:
    found = opened(None)
    assert found.problems == {"missing"}
    assert "is missing on the topic of data keys" in " ".join(appeal_table(NUMBER, [found]).split())


def test_unreadable_record_shows_as_damaged() -> None:
    data = Registered.model_validate_json(EVENT.data)
    found = open_event(recorded(EVENT, data), DataKeys({STORED.kid: None}, (KEYS.storage,)), "kg")
    assert found.problems == {"damaged"}


def test_wrong_version_of_kek_is_named() -> None:
    third = read_stored_key(*write_stored_key(KeyEncryptionKey(b"3" * 32, "kg", 3), KEY.data_key))
    assert opened(third).problems == {"another KEK"}
    assert opened(third, [KEYS.storage, KeyEncryptionKey(b"3" * 32, "kg", 3)]).problems == set()


def test_other_kek_opens_nothing() -> None:
    assert opened(keks=[KeyEncryptionKey(b"x" * 32, "kg", 1)]).problems == {"damaged"}


def test_value_of_other_place_does_not_open() -> None:
    """A value that was copied from another event of the same key."""
    copied = EVENT._replace(id=uuid4())
    assert opened(event=copied).problems == {"damaged"}


def test_unknown_type_is_shown_as_it_stands() -> None:
    event = Event(uuid4(), "/desks/x", "appeal.later.v7", NUMBER, THEN, b'{"color":"red"}')
    assert open_event(recorded(event, None), DataKeys({}, ()), "kg").data == {"color": "red"}


def test_each_type_opens_its_own_values() -> None:
    data = Supplemented(content=Text(text="x"))
    sealed = sealed_event("/portals/x", NUMBER, THEN, data, key=KEY)
    known = recorded(sealed, Supplemented.model_validate_json(sealed.data))
    assert open_event(known, DataKeys({STORED.kid: STORED}, (KEYS.storage,)), "kg").data["content"] == {"text": "x"}
