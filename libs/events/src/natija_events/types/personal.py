"""Personal data before they are sealed. Everything that people write about people is here."""

from typing import Annotated, ClassVar

from pydantic import Field

from natija_events.sealing import padding
from natija_events.types.sealed import Plain, PlainText


class Representative(Plain):
    """A person who acts for the applicant, with the proof of authority."""

    name: PlainText
    """The full name of the representative."""
    proof: PlainText | None = None
    """The document that proves the authority."""


class Person(Plain):
    """The sender of the appeal."""

    sizes = padding.PERSON
    places: ClassVar = {
        "name": "applicant.name",
        "id_number": "applicant.id_number",
        "birth_date": "applicant.birth_date",
        "phone": "applicant.phone",
        "email": "applicant.email",
        "settlement": "applicant.address.settlement",
        "address_text": "applicant.address.address_text",
    }

    name: PlainText | None = None
    """The full name."""
    id_number: PlainText | None = None
    """The number in the state's register of persons."""
    birth_date: PlainText | None = None
    """The date of birth, as YYYY-MM-DD."""
    phone: PlainText | None = None
    """The telephone number."""
    email: PlainText | None = None
    """The e-mail address."""
    settlement: PlainText | None = None
    """The town or village."""
    address_text: PlainText | None = None
    """The street, house and flat, as written."""
    representative: Representative | None = None
    """The person who acts for the applicant."""
    signature: PlainText | None = None
    """The applicant's signature, as text."""


class Coordinates(Plain):
    """A place on the earth (WGS 84)."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    """Degrees north."""
    longitude: Annotated[float, Field(ge=-180, le=180)]
    """Degrees east."""


class Text(Plain):
    """Text in the words of whoever wrote it."""

    sizes = padding.CONTENT

    text: PlainText | None = None
    """The text."""


class AppealText(Text):
    """The text of the appeal, and the place that it is about."""

    coordinates: Coordinates | None = None
    """The place that the appeal is about."""


class Remarks(Plain):
    """Remarks on a draft."""

    sizes = padding.CONTENT

    remarks: PlainText | None = None
    """The remarks, in words."""


class Protocol(Plain):
    """The record of a hearing."""

    sizes = padding.CONTENT

    protocol: PlainText | None = None
    """The record, in words."""


class Resolution(Plain):
    """The instruction of the head of a body."""

    sizes = padding.CONTENT

    resolution: PlainText
    """The instruction, in words."""


class Reason(Plain):
    """Why a body acted."""

    sizes = padding.CONTENT

    reason: PlainText
    """The reason, in words."""


class Explanation(Plain):
    """The explanation of a body to the applicant."""

    sizes = padding.CONTENT

    explanation: PlainText
    """The explanation, in words."""
