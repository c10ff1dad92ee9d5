"""The form of an appeal: the fields as typed, what is wrong with them, and the submission that they become (pure)."""

from collections.abc import Collection
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs
from uuid import UUID, uuid4

import regex
from pydantic import ValidationError

from natija_chassis.http.problems import FieldError
from natija_events.wire.rejection import Rejection
from natija_intake.appeals.submission import Submission

MOST_CHARACTERS = 4000
"""Of the text, as people count them: a letter with its marks is one."""
MOST_OF_LINE = 300
CHANNEL = "electronic"
KINDS = ("application", "complaint", "proposal")
_LINES = ("name", "phone", "email", "address")
_PLACES = {"address_text": "address", "applicant": "name"}
"""The field of the form for one of a submission that has another name."""
_ESSENTIAL = ("kind", "addressee", "topic", "region", "text", *_LINES, "language")
_GRAPHEME = regex.compile(r"\X")


class NotTheForm(ValueError):
    """The body is not that of the form."""


STAY = "stay"
"""The step of a link to another language: the page comes again as it was filled in."""
_LONGEST = {"number": 64, "access_code": 64, "access_token": 200}
"""Characters of the fields that open an appeal. More are cut off: they open nothing."""


def read_fields(body: bytes) -> dict[str, str]:
    """The last value of each field in the *body* of a request of a page that opens an appeal. Raises `NotTheForm`."""
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=10)
    except ValueError:
        raise NotTheForm from None
    return {name: values[-1][: _LONGEST.get(name)] for name, values in fields.items()}


class AppealForm(NamedTuple):
    """The fields as typed. *key* is made with the form, so that the same form sent again is the same appeal."""

    kind: str = KINDS[0]
    addressee: str = ""
    topic: str = ""
    region: str = ""
    text: str = ""
    name: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    language: str = ""
    key: str = ""
    step: str = ""

    @classmethod
    def empty(cls, language: str) -> Self:
        """A new form; the answer is to be in the *language* of the page."""
        return cls(language=language, key=str(uuid4()))

    @classmethod
    def read(cls, body: bytes) -> Self:
        """The fields in the *body* of a request. Raises `NotTheForm`."""
        try:
            fields = parse_qs(
                body.decode(), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=20
            )
            given = {name: values[-1] for name, values in fields.items()}
            found = cls(**given)
            UUID(found.key)
        except (TypeError, ValueError):
            raise NotTheForm from None
        lines = {name: getattr(found, name).strip() for name in _LINES}
        return found._replace(text=as_typed(found.text), **lines)

    @property
    def length(self) -> int:
        """The characters of the text, as people count them."""
        return graphemes(self.text)

    @property
    def errors(self) -> list[FieldError]:
        """The fields that are missing or too long."""
        rules = {
            "kind": "" if self.kind in KINDS else "unknown",
            "text": "missing" if not self.text else "too_long" if self.length > MOST_CHARACTERS else "",
            **{line: "too_long" if len(getattr(self, line)) > MOST_OF_LINE else "" for line in _LINES},
        }
        if not self.name:
            rules["name"] = "missing"
        return [field_error(field, rule) for field, rule in rules.items() if rule]

    def submission(self) -> Submission:
        """The submission. Raises `ValidationError`: see `errors_of`."""
        address = {"address_text": self.address} if self.address else None
        applicant = {"name": self.name, "phone": self.phone or None, "email": self.email or None, "address": address}
        values: dict[str, Any] = {name: getattr(self, name) or None for name in _ESSENTIAL if name not in _LINES}
        return Submission.model_validate({**values, "channel": CHANNEL, "applicant": applicant})


def errors_of(why: ValidationError | Rejection, known: Collection[str] = _ESSENTIAL) -> list[FieldError]:
    """The fields that the contract or the register refuses, of those that the page has: *known*."""
    places = [str(error["loc"][-1]) for error in why.errors()] if isinstance(why, ValidationError) else [why.field]
    fields = [_PLACES.get(place, place) for place in (one.rpartition(".")[2] for one in places)]
    return [field_error(one if one in known else "text", "refused") for one in fields]


def field_error(field: str, rule: str) -> FieldError:
    """That *field* breaks *rule*."""
    return {"field": field, "rule": rule, "message": ""}


def graphemes(text: str) -> int:
    """The characters of *text*, as people count them."""
    return sum(1 for _ in _GRAPHEME.finditer(text))


def as_typed(text: str) -> str:
    """*text* without the blanks around it, and with line ends of one character."""
    return text.replace("\r\n", "\n").strip()
