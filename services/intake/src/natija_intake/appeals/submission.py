"""The body of `POST /appeals`, and the event it becomes: personal fields sealed, number and event id derived.

The same submission with the same idempotency key is the same event: see `natija_intake.appeals.identity`.
The models here are the clear form of the contract's (`natija_events.types.clear_form`), with codes in place of words. A
test checks that their fields correspond.
"""

from datetime import datetime, time
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, cast

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from natija_chassis.http.parameters import Day
from natija_chassis.time_zones import time_zone
from natija_events.schema.documentation import descriptions
from natija_events.sealing.data_key import Place
from natija_events.types import intake, personal
from natija_events.types.base import AppealNumber, Count, LanguageCode
from natija_events.types.clear_form import from_clear_form
from natija_events.types.codes import Code, Word
from natija_events.types.sealed import Plain, seal_data
from natija_events.wire.envelope import Event
from natija_intake.appeals.context import IntakeContext
from natija_intake.appeals.identity import RequestKey, appeal_number, registration_id

SOURCE = "/services/intake"
_NOON = time(12)

ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
LongText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]


_EXAMPLE = {
    "kind": "application",
    "channel": "electronic",
    "language": "ky",
    "region": "chuy",
    "topic": "roads",
    "applicant": {"name": "Айгүл Асанова", "phone": "+996 555 000 000"},
    "text": "Айылдын жолун оңдоп бериңиздер.",
}


def _describe(schema: dict[str, Any], model: type["_StrictModel"]) -> None:
    """Put the descriptions of the contract into the *schema* of *model*."""
    for name, property in schema["properties"].items():
        described = next(one for one in model.clear_form_of if name in descriptions(one))
        property.pop("title", None)
        property["description"] = descriptions(described)[name]
        if issubclass(described, Plain):
            property["description"] += " It is sealed before it is stored."
    if intake.Registered in model.clear_form_of:
        schema["examples"] = [_EXAMPLE]


class _StrictModel(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, json_schema_extra=cast(Any, _describe)
    )

    clear_form_of: ClassVar[tuple[type[BaseModel], ...]]
    """The contract's models with these fields."""


class SubmittedAddress(_StrictModel):
    """Where the applicant lives. *region* and *district* are ids; the rest will be sealed."""

    clear_form_of = (intake.Address, personal.Person)

    region: Code | None = None
    district: Code | None = None
    settlement: ShortText | None = None
    address_text: ShortText | None = None
    abroad: bool = False


class SubmittedApplicant(_StrictModel):
    """The sender. Everything that identifies the person will be sealed."""

    clear_form_of = (intake.Applicant, personal.Person)

    kind: Literal["natural", "legal"] = "natural"
    name: ShortText | None = None
    id_number: ShortText | None = None
    birth_date: Day | None = None
    phone: ShortText | None = None
    email: ShortText | None = None
    social_group: Code | None = None
    address: SubmittedAddress | None = None


class SubmittedRepresentative(_StrictModel):
    """The person who acts for the applicant, and the proof of that power."""

    clear_form_of = (personal.Representative,)

    name: ShortText
    proof: ShortText | None = None


class SubmittedCoordinates(_StrictModel):
    """The place that the appeal is about."""

    clear_form_of = (personal.Coordinates,)

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]


class Submission(_StrictModel):
    """An appeal as sent. Channel, region, district, topic, bodies and country type are codes of the realm."""

    clear_form_of = (intake.Registered, personal.AppealText, personal.Person)

    kind: Literal["application", "complaint", "proposal", "request", "message", "response"] = "application"
    country_type: Code | None = None
    form: Literal["written", "electronic", "oral", "video"] = "electronic"
    channel: Code
    language: LanguageCode | None = None
    character: Literal["individual", "collective"] = "individual"
    applicants_count: Count = 1
    referral_from: Code | None = None
    addressee: Code | None = None
    complained_of: Code | None = None
    region: Code | None = None
    district: Code | None = None
    topic: Code | None = None
    applicant: SubmittedApplicant | None = None
    representative: SubmittedRepresentative | None = None
    text: LongText
    coordinates: SubmittedCoordinates | None = None
    confidential: bool = False
    complaint_of: AppealNumber | None = None

    def to_event(
        self, context: IntakeContext, request: RequestKey, secret: bytes, traceparent: str | None
    ) -> "OpeningEvent":
        """The event that opens the appeal, sent as *request* and received now. Its id derives under *secret*.

        Its data are validated against the contract as strictly as the registrar does. Whether the registrar will admit
        the event is for admission to decide. Raises `SealedWrong` when the personal data are too long.
        """
        number = appeal_number(context.realm, request, context.number_secret)
        id = registration_id(number, self.content(), secret)
        key = context.realm_key.new_key(number)
        place = Place(context.realm, number, SOURCE, id, intake.Registered.type, "")
        now = context.clock.now()
        data = seal_data(self._to_data(context, now), key.data_key, place)
        event = Event(
            id=id,
            source=SOURCE,
            type=data.type,
            subject=number,
            time=now,
            data=data.model_dump_json(exclude_unset=True).encode(),
            traceparent=traceparent,
            wrappedkey=key.wrapped,
        )
        return OpeningEvent(event, data)

    def content(self) -> bytes:
        """The content by which submissions differ. A default is the same whether it was sent or not, and a field
        that a later version adds changes nothing."""
        return self.model_dump_json(exclude_defaults=True).encode()

    def received_at(self, now: datetime, context: IntakeContext) -> datetime:
        """The instant of receipt: *now*, when it is sent."""
        return now

    def _to_data(self, context: IntakeContext, now: datetime) -> intake.Registered:
        sent = self.model_dump(mode="json")
        if self.applicant is not None:
            # Without defaults: else an address would show that a person has given one.
            sent["applicant"] = self.applicant.model_dump(mode="json", exclude_defaults=True)
            sent["applicant"]["kind"] = self.applicant.kind
        values = from_clear_form(sent, intake.Registered)
        values |= {"received": self.received_at(now, context), "jurisdiction": context.jurisdiction}
        return intake.Registered.model_validate(values, strict=True, extra="forbid")


class EnteredAppeal(Submission):
    """An appeal that an official enters: a letter on paper, or what somebody said. *received* is a local day."""

    received: Day
    taker: Code
    referral_number: Word | None = None

    def received_at(self, now: datetime, context: IntakeContext) -> datetime:
        """Now on the day of receipt; for an earlier day its noon, since nobody noted the hour."""
        zone = time_zone(context.reference().zone)
        if self.received == now.astimezone(zone).date():
            return now
        return datetime.combine(self.received, _NOON, zone)


class OpeningEvent(NamedTuple):
    """The event that opens an appeal, and its data."""

    event: Event
    data: intake.Registered
