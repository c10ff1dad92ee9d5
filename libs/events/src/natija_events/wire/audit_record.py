"""Records of the topic `appeals.audit`: each says who opened sealed values of an appeal, and why.

The record's key is the appeal's number, its value a JSON object:

    {"reader": "official", "official": "9f86…", "post": "labour/lawyer", "body": "labour", "delegation": "d7",
     "purpose": "handling", "process": "desk", "time": "2026-03-31T08:05:09.125000Z", "schema_version": 1,
     "appeal": "KG-…", "sequences": [1, 4]}

The reader is an official, or whoever has the access code of the appeal, as its applicant:

    {"reader": "applicant", "purpose": "access", "process": "answers", "time": "2026-04-20T03:12:44Z",
     "schema_version": 1, "appeal": "KG-…", "sequences": [1, 9]}

A service writes it, and waits until Kafka has it, before it opens the values. So there may be a record of a look that
failed, and there is no look without a record. It holds no text of the appeal, and no official's name.
"""

from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from natija_events.types.base import Instant
from natija_events.types.codes import Code
from natija_events.wire.envelope import BINARY
from natija_events.wire.values import Unreadable

HEADERS = [("content-type", BINARY)]

LookReader = Literal["official", "applicant"]
"""The kind of reader. An applicant is known by the access code only."""
Purpose = Literal["handling", "supervision", "audit", "answering", "access"]
"""Why a text is read. An official works on the appeal, supervises who does, audits, or writes or signs the answer. An
applicant has access to what they wrote, and to what was answered."""

PURPOSES: tuple[Purpose, ...] = get_args(Purpose)


class Look(BaseModel):
    """The opening of sealed values by an official, or by the applicant."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    reader: LookReader = "official"
    official: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    """The id that reference data have of the official: see `natija_chassis.user_ids`. None for an applicant."""
    post: Code | None = None
    """The post for which they act; None for an applicant."""
    body: Code | None = None
    """The body of the post; None for an applicant."""
    delegation: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    """The delegation that gives them the post; None for a post of their own."""
    purpose: Purpose
    process: Code
    """The process that opens them."""
    time: Instant
    """When, by the clock of this process."""

    @model_validator(mode="after")
    def _check_reader(self) -> Self:
        of_official = (self.official, self.post, self.body)
        if self.reader == "official" and (None in of_official or self.purpose == "access"):
            raise ValueError("an official has an id, a post and a body, and another purpose than access")
        if self.reader == "applicant" and (any((*of_official, self.delegation)) or self.purpose != "access"):
            raise ValueError("an applicant has no id, post, body or delegation, and the purpose access")
        return self


class AuditRecord(Look):
    """A look at an *appeal*: the *sequences* of the events whose sealed values were opened, ascending."""

    schema_version: Literal[1] = 1
    appeal: str
    sequences: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)]


def write_audit_record(record: AuditRecord) -> tuple[bytes, bytes]:
    """Key and value of *record*."""
    return record.appeal.encode(), record.model_dump_json(exclude_none=True).encode()


def read_audit_record(key: bytes | None, value: bytes | None) -> AuditRecord:
    """Read a record of the topic. Members that this version does not know are ignored. Raises `Unreadable`."""
    try:
        record = AuditRecord.model_validate_json(value or b"")
    except ValidationError:
        raise Unreadable("data", "is not a record of a look") from None
    if record.appeal.encode() != key:
        raise Unreadable("data", "is of another appeal than its key")
    return record
