"""The body of `POST /appeals`, and the event it becomes: personal fields sealed, number and event id derived.

The same submission with the same idempotency key is the same event: see `natija_intake.appeals.identity`.
The models here are the contract's (`natija_events.types.intake`) before sealing: plain text in place of `Sealed`, and
codes in place of words. A test checks that their fields correspond.
"""

from datetime import date
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, cast

from pydantic import BaseModel, ConfigDict, StringConstraints

from natija_events.schema.documentation import descriptions
from natija_events.types import intake
from natija_events.types.base import AppealNumber, Count, LanguageCode
from natija_events.types.codes import Code
from natija_events.wire.envelope import Event
from natija_intake import sealing
from natija_intake.appeals.context import IntakeContext
from natija_intake.appeals.identity import RequestKey, appeal_number, registration_id

SOURCE = "/services/intake"

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
    told = descriptions(model.sealed_as)
    for name, property in schema["properties"].items():
        property.pop("title", None)
        property["description"] = told[name].replace("Personal.", "It is sealed before it is stored.")
    if model.sealed_as is intake.Registered:
        schema["examples"] = [_EXAMPLE]


class _StrictModel(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, json_schema_extra=cast(Any, _describe)
    )

    sealed_as: ClassVar[type[BaseModel]]
    """The contract's model with the same fields."""


class SubmittedAddress(_StrictModel):
    """Where the applicant lives. *region* and *district* are ids; the rest will be sealed."""

    sealed_as = intake.Address

    region: Code | None = None
    district: Code | None = None
    settlement: ShortText | None = None
    address_text: ShortText | None = None
    abroad: bool = False


class SubmittedApplicant(_StrictModel):
    """The sender. Everything that identifies the person will be sealed."""

    sealed_as = intake.Applicant

    kind: Literal["natural", "legal"] = "natural"
    name: ShortText | None = None
    id_number: ShortText | None = None
    birth_date: date | None = None
    phone: ShortText | None = None
    email: ShortText | None = None
    social_group: Code | None = None
    address: SubmittedAddress | None = None


class SubmittedRepresentative(_StrictModel):
    """The person who acts for the applicant, and the proof of that power."""

    sealed_as = intake.Representative

    name: ShortText
    proof: ShortText | None = None


class Submission(_StrictModel):
    """An appeal as sent. Channel, region, district, topic, bodies and country type are codes of the realm."""

    sealed_as = intake.Registered

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
    confidential: bool = False
    complaint_of: AppealNumber | None = None

    def to_event(
        self, context: IntakeContext, request: RequestKey, secret: bytes, traceparent: str | None
    ) -> "OpeningEvent":
        """The event that opens the appeal, sent as *request* and received now. Its id derives under *secret*.

        Its data are validated against the contract as strictly as the registrar does. Whether the registrar will admit
        the event is for admission to decide.
        """
        number = appeal_number(context.realm, request, context.number_secret)
        data = self._sealed(self.model_dump(mode="json"), number, context)
        event = Event(
            id=registration_id(number, self.content(), secret),
            source=SOURCE,
            type=data.type,
            subject=number,
            time=data.received,
            data=data.model_dump_json(exclude_unset=True).encode(),
            traceparent=traceparent,
        )
        return OpeningEvent(event, data)

    def content(self) -> bytes:
        """The content by which submissions differ. A default is the same whether it was sent or not, and a field
        that a later version adds changes nothing."""
        return self.model_dump_json(exclude_defaults=True).encode()

    @staticmethod
    def _sealed(values: dict[str, Any], number: str, context: IntakeContext) -> intake.Registered:
        sealed = sealing.seal(values, intake.Registered, number, context.sealer)
        sealed |= {"received": context.clock.now(), "jurisdiction": context.jurisdiction}
        return intake.Registered.model_validate(sealed, strict=True, extra="forbid")


class OpeningEvent(NamedTuple):
    """The event that opens an appeal, and its data."""

    event: Event
    data: intake.Registered
