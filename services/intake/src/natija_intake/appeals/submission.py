"""What somebody sends to `POST /appeals`, and the event it becomes: personal fields sealed, everything derived.

The same submission with the same idempotency key is the same appeal: its number and its event's id follow from both.
"""

from collections.abc import Iterator
from datetime import date, datetime
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

from natija_chassis.realm.directory import Directory, Section
from natija_events.encryption import Sealer
from natija_events.ids import derived_appeal_number, derived_event_id
from natija_events.types import intake
from natija_events.types.base import AppealNumber, Count, Language
from natija_events.wire.envelope import Event
from natija_intake import sealing

SOURCE = "/services/intake"

DirectoryId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
"""An id in the directory. Nothing else stands on the log in the open, so that no name can slip in."""
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
LongText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Address(_Part):
    """Where the applicant lives; *region* and *district* are ids, the rest is sealed."""

    region: DirectoryId | None = None
    district: DirectoryId | None = None
    settlement: ShortText | None = None
    address_text: ShortText | None = None
    abroad: bool = False


class Applicant(_Part):
    """Who asks. All that tells who it is will be sealed."""

    kind: Literal["natural", "legal"] = "natural"
    name: ShortText | None = None
    id_number: ShortText | None = None
    birth_date: date | None = None
    phone: ShortText | None = None
    email: ShortText | None = None
    social_group: DirectoryId | None = None
    address: Address | None = None


class Representative(_Part):
    """Who acts for the applicant, and by what power."""

    name: ShortText
    proof: ShortText | None = None


class Submission(_Part):
    """An appeal as it is sent. *channel*, *region*, *topic*, *addressee* and *complained_of* are directory ids."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "application",
                    "channel": "electronic",
                    "language": "ky",
                    "region": "chuy",
                    "topic": "roads",
                    "applicant": {"name": "Айгүл Асанова", "phone": "+996 555 000 000"},
                    "text": "Айылдын жолун оңдоп бериңиздер.",
                }
            ]
        }
    )

    kind: Literal["application", "complaint", "proposal", "request", "message", "response"] = "application"
    form: Literal["written", "electronic", "oral", "video"] = "electronic"
    channel: DirectoryId
    language: Language | None = None
    character: Literal["individual", "collective"] = "individual"
    applicants_count: Count = 1
    referral_from: DirectoryId | None = None
    addressee: DirectoryId | None = None
    complained_of: DirectoryId | None = None
    region: DirectoryId | None = None
    district: DirectoryId | None = None
    topic: DirectoryId | None = None
    applicant: Applicant | None = None
    representative: Representative | None = None
    text: LongText
    confidential: bool = False
    complaint_of: AppealNumber | None = None


_DIRECTORY: dict[str, Section] = {
    "channel": "channels",
    "region": "regions",
    "topic": "topics",
    "addressee": "bodies",
    "complained_of": "bodies",
}


def unknown_ids(submission: Submission, directory: Directory) -> Iterator[tuple[str, Section]]:
    """The fields whose ids the realm's directory does not know, and the section that should. A directory without
    such a section knows no strangers."""
    for field, section in _DIRECTORY.items():
        known = getattr(directory, section)
        id = getattr(submission, field)
        if known and id is not None and id not in known:
            yield field, section


def number_of(submission: Submission, realm: str, key: str, secret: bytes) -> str:
    """The number of the appeal that *submission* is, sent with the idempotency *key*."""
    digest = sha256(submission.model_dump_json().encode()).hexdigest()
    return derived_appeal_number(realm, SOURCE, key, digest, secret=secret)


def data_of(
    submission: Submission, number: str, now: datetime, *, jurisdiction: str, sealer: Sealer
) -> intake.Registered:
    """What the register will hold of the appeal, received *now*: held against the contract as strictly as the registrar
    will."""
    values = submission.model_dump(mode="json", exclude_none=True)
    sealed = sealing.seal(values, intake.Registered, number, sealer)
    received = {"received": now, "jurisdiction": jurisdiction}
    return intake.Registered.model_validate(sealed | received, strict=True, extra="forbid")


def opening(data: intake.Registered, number: str, traceparent: str | None) -> Event:
    """The event that opens the appeal. Whether it may stand on the log is for admission to say."""
    return Event(
        id=derived_event_id(number, data.type),
        source=SOURCE,
        type=data.type,
        subject=number,
        time=data.received,
        data=data.model_dump_json(exclude_unset=True).encode(),
        traceparent=traceparent,
    )
