"""The answers of the intake API, as JSON."""

from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from natija_chassis.time_zones import time_zone
from natija_events.reference.data import ReferenceData
from natija_intake.appeals.service import Receipt
from natija_intake.appeals.status import PublicStatus, label, public_status
from natija_intake.registrar.heads import Head


class RegisteredResponse(BaseModel):
    """The appeal is registered: its receipt."""

    number: str = Field(examples=["KG-7K3M-9QX4-T2R8-MA"], description="The number of the appeal.")
    access_code: str = Field(examples=["4K7Q-3MX9-T2R8"], description="With the number it opens the appeal's status.")
    registered: datetime = Field(description="When it was registered, with the offset of the zone.")
    date: str = Field(
        examples=["2026-03-31"], json_schema_extra={"format": "date"}, description="The day of the registration, local."
    )
    time: str = Field(examples=["14:05:09"], description="The time of the registration, local.")
    zone: str = Field(examples=["Asia/Bishkek"], description="The zone of these times, as the IANA names it.")


class BeingRegisteredResponse(BaseModel):
    """The appeal is safe and will be registered: its receipt so far."""

    number: str = Field(description="The number of the appeal, which is final.")
    access_code: str = Field(description="With the number it opens the appeal's status.")
    status: PublicStatus = Field("being_registered", description="The status as a code.")
    says: str = Field(description="The status in words.")


class ResponsibleBody(BaseModel):
    """The body that has the appeal."""

    id: str = Field(description="The code of the body.")
    name: str = Field(description="Its official name.")


class AppealStatus(BaseModel):
    """The status of an appeal."""

    number: str = Field(description="The number of the appeal.")
    status: PublicStatus = Field(description="The status as a code.")
    says: str = Field(description="The status in words.")
    registered: datetime | None = Field(description="When it was registered; none while it is being registered.")
    due: datetime | None = Field(description="The instant the term ends; none where no term is set.")
    body: ResponsibleBody | None = Field(description="The body that has the appeal; none before one does.")


def receipt_response(receipt: Receipt, zone: ZoneInfo) -> RegisteredResponse | BeingRegisteredResponse:
    """The receipt, with local times of *zone*."""
    if receipt.registered is None:
        return BeingRegisteredResponse(
            number=receipt.number,
            access_code=receipt.access_code,
            says="The appeal is safe and will be registered; its number holds.",
        )
    local = receipt.registered.astimezone(zone)
    return RegisteredResponse(
        number=receipt.number,
        access_code=receipt.access_code,
        registered=local,
        date=local.date().isoformat(),
        time=local.time().isoformat("seconds"),
        zone=zone.key,
    )


def status_response(number: str, head: Head | None, reference: ReferenceData) -> AppealStatus:
    """The status of the appeal with this *head*, with local times of the realm and the body's name of *reference*."""
    status, zone = public_status(head), time_zone(reference.zone)
    if head is None:
        return AppealStatus(number=number, status=status, says=label(status), registered=None, due=None, body=None)
    return AppealStatus(
        number=number,
        status=status,
        says=label(status),
        registered=head.registered.astimezone(zone) if head.registered else None,
        due=head.due.astimezone(zone) if head.due else None,
        body=_body(head.body, reference) if head.body else None,
    )


def _body(id: str, reference: ReferenceData) -> ResponsibleBody:
    return ResponsibleBody(id=id, name=reference.name("bodies", id, reference.languages[0]))
