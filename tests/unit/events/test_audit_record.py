"""The record of a look names who, what and why, and nothing that was read."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from natija_events.wire.audit_record import PURPOSES, AuditRecord, Look, read_audit_record, write_audit_record
from natija_events.wire.values import Unreadable

NUMBER = "KG-7K3M-9QX4-T2R8-MA"
RECORD = AuditRecord(
    official="9f" * 32, post="labour/lawyer", body="labour", delegation="d7", purpose="supervision", process="desk",
    time=datetime(2026, 3, 31, 8, 5, tzinfo=UTC), appeal=NUMBER, sequences=(1, 4),
)  # fmt: skip
LOOK_OF_APPLICANT: Any = {
    "reader": "applicant", "purpose": "access", "process": "answers", "time": datetime(2026, 3, 31, 8, 5, tzinfo=UTC),
}  # fmt: skip


def test_record_survives_the_topic() -> None:
    assert read_audit_record(*write_audit_record(RECORD)) == RECORD


def test_form_is_as_documented() -> None:
    key, value = write_audit_record(RECORD.model_copy(update={"delegation": None}))
    assert key == NUMBER.encode()
    assert json.loads(value) == {
        "reader": "official", "official": "9f" * 32, "post": "labour/lawyer", "body": "labour",
        "purpose": "supervision", "process": "desk", "time": "2026-03-31T08:05:00Z", "schema_version": 1,
        "appeal": NUMBER, "sequences": [1, 4],
    }  # fmt: skip


def test_applicant_is_not_named() -> None:
    """The record of an applicant's look has nothing of an official, and nothing of the person."""
    record = AuditRecord(**LOOK_OF_APPLICANT, appeal=NUMBER, sequences=(1, 4))
    key, value = write_audit_record(record)
    assert read_audit_record(key, value) == record
    assert json.loads(value) == {
        "reader": "applicant", "purpose": "access", "process": "answers", "time": "2026-03-31T08:05:00Z",
        "schema_version": 1, "appeal": NUMBER, "sequences": [1, 4],
    }  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"purpose": "handling"},
        {"official": "9f" * 32},
        {"post": "labour/lawyer"},
        {"body": "labour"},
        {"delegation": "d7"},
    ],
)
def test_applicant_has_no_post(changes: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Look(**LOOK_OF_APPLICANT | changes)


def test_record_without_reader_is_of_official() -> None:
    key, value = write_audit_record(RECORD)
    given = {name: one for name, one in json.loads(value).items() if name != "reader"}
    assert read_audit_record(key, json.dumps(given).encode()) == RECORD


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
        {"post": None},
        {"purpose": "access"},
        {"reader": "applicant"},
        {"reader": "anybody"},
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
    assert PURPOSES == ("handling", "supervision", "audit", "answering", "access")
