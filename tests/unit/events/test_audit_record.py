"""The record of a look names who, what and why, and nothing that was read."""

import json
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from natija_events.wire.audit_record import PURPOSES, AuditRecord, read_audit_record, write_audit_record
from natija_events.wire.values import Unreadable

NUMBER = "KG-7K3M-9QX4-T2R8-MA"
RECORD = AuditRecord(
    official="9f" * 32, post="labour/lawyer", body="labour", delegation="d7", purpose="supervision", process="desk",
    time=datetime(2026, 3, 31, 8, 5, tzinfo=UTC), appeal=NUMBER, sequences=(1, 4),
)  # fmt: skip


def test_record_survives_the_topic() -> None:
    assert read_audit_record(*write_audit_record(RECORD)) == RECORD


def test_form_is_as_documented() -> None:
    key, value = write_audit_record(RECORD.model_copy(update={"delegation": None}))
    assert key == NUMBER.encode()
    assert json.loads(value) == {
        "official": "9f" * 32, "post": "labour/lawyer", "body": "labour", "purpose": "supervision", "process": "desk",
        "time": "2026-03-31T08:05:00Z", "schema_version": 1, "appeal": NUMBER, "sequences": [1, 4],
    }  # fmt: skip


def test_unknown_members_are_ignored() -> None:
    key, value = write_audit_record(RECORD)
    assert read_audit_record(key, value[:-1] + b',"device":"x"}') == RECORD


@pytest.mark.parametrize(
    "changes",
    [
        {"purpose": "curiosity"},
        {"official": "Asanova Aigul"},
        {"sequences": []},
        {"sequences": [0]},
        {"schema_version": 2},
        {"time": "2026-03-31T08:05:00"},
        {"post": ""},
    ],
)
def test_other_forms_are_unreadable(changes: dict[str, object]) -> None:
    key, value = write_audit_record(RECORD)
    with pytest.raises(Unreadable):
        read_audit_record(key, json.dumps(json.loads(value) | changes).encode())


def test_key_must_be_the_appeal() -> None:
    with pytest.raises(Unreadable):
        read_audit_record(b"KG-0000-0000-0000-00", write_audit_record(RECORD)[1])


def test_error_repeats_no_value() -> None:
    with pytest.raises(ValidationError) as refused:
        AuditRecord.model_validate(RECORD.model_dump() | {"official": "Asanova"})
    assert "Asanova" not in str(refused.value)


def test_purposes_are_closed() -> None:
    assert PURPOSES == ("handling", "supervision", "audit", "answering")
