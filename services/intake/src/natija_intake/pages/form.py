"""The form of an appeal: the fields as typed, what is wrong with them, and the submission that they become (pure)."""

from collections.abc import Callable
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs
from uuid import UUID, uuid4

import regex
from pydantic import ValidationError

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
GetText = Callable[[str], str]
Errors = dict[str, str]
"""What is wrong, in the language of the page, by field."""


class NotTheForm(ValueError):
    """The body is not that of the form."""


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
        return found._replace(text=found.text.replace("\r\n", "\n").strip(), **lines)

    @property
    def length(self) -> int:
        """The characters of the text, as people count them."""
        return sum(1 for _ in _GRAPHEME.finditer(self.text))

    def errors(self, words: GetText, number: Callable[[int], str]) -> Errors:
        """What is missing or too long; *number* writes a number."""
        found: Errors = {}
        if self.kind not in KINDS:
            found["kind"] = words("Choose what you send.")
        if not self.text:
            found["text"] = words("Write what you ask for.")
        elif self.length > MOST_CHARACTERS:
            template = words("The text has {count} characters. Shorten it to {most}.")
            found["text"] = template.format(count=number(self.length), most=number(MOST_CHARACTERS))
        if not self.name:
            found["name"] = words("Write your name.")
        for line in _LINES:
            if len(getattr(self, line)) > MOST_OF_LINE:
                found[line] = words("Shorten this to {most} characters.").format(most=number(MOST_OF_LINE))
        return found

    def submission(self) -> Submission:
        """The submission. Raises `ValidationError`: see `errors_of`."""
        address = {"address_text": self.address} if self.address else None
        applicant = {"name": self.name, "phone": self.phone or None, "email": self.email or None, "address": address}
        values: dict[str, Any] = {name: getattr(self, name) or None for name in _ESSENTIAL if name not in _LINES}
        return Submission.model_validate({**values, "channel": CHANNEL, "applicant": applicant})


def errors_of(why: ValidationError | Rejection, words: GetText) -> Errors:
    """What the contract or the register refuses. The page offers only what fits, so the sender did not use it."""
    places = [str(error["loc"][-1]) for error in why.errors()] if isinstance(why, ValidationError) else [why.field]
    fields = [_PLACES.get(place, place) for place in (one.rpartition(".")[2] for one in places)]
    return {
        one if one in _ESSENTIAL else "text": words("This is not accepted here. Choose or write it again.")
        for one in fields
    }
