"""The form of a letter: the fields as typed, what is wrong with them, and the appeal that they become (pure)."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple, Self, get_args
from uuid import UUID, uuid4

from natija_chassis.http.problems import FieldError
from natija_events.types.codes import normalize_word
from natija_events.types.intake import AppealKind
from natija_intake.appeals.submission import EnteredAppeal
from natija_intake.pages.form import MOST_OF_LINE, NotTheForm, as_typed, field_error, graphemes

FORMS = ("written", "oral")
KINDS: tuple[str, ...] = get_args(AppealKind)
MOST_CHARACTERS = 20_000
MOST_DAYS_BACK = 31
"""Of the day of receipt: Friday's letter is entered on Monday, and a late registration must stand on the log."""
_LINES = ("name", "address", "phone", "referral_number")
_OPTIONAL = ("country_type", "topic", "region", "language", "referral_from", "referral_number")
FIELDS = (
    "channel", "form", "received", "kind", "country_type", "name", "anonymous", "address", "phone", "topic", "region",
    "text", "language", "referral_from", "referral_number",
)  # fmt: skip
"""Those that a clerk fills in, in the order of a letter."""


class LastChoice(NamedTuple):
    """The choice that a clerk made last: the same clerk opens the same post."""

    channel: str = ""
    form: str = FORMS[0]


class LetterForm(NamedTuple):
    """The fields as typed. *key* is made with the form, so that the same form sent again is the same appeal."""

    channel: str = ""
    form: str = FORMS[0]
    received: str = ""
    kind: str = KINDS[0]
    country_type: str = ""
    name: str = ""
    anonymous: str = ""
    address: str = ""
    phone: str = ""
    topic: str = ""
    region: str = ""
    text: str = ""
    language: str = ""
    referral_from: str = ""
    referral_number: str = ""
    key: str = ""
    step: str = ""

    @classmethod
    def empty(cls, last: LastChoice, language: str, today: date) -> Self:
        """A new form for a letter of *today*, by the channel of the *last* one."""
        return cls(*last, received=today.isoformat(), language=language, key=str(uuid4()))

    @classmethod
    def read(cls, fields: Iterable[tuple[str, object]]) -> Self:
        """The *fields* of a request; a token of the session among them is left out. Raises `NotTheForm`."""
        given = {name: value for name, value in fields if name != "csrf_token"}
        try:
            found = cls(**given)  # type: ignore[arg-type]
            if not all(isinstance(one, str) for one in found):
                raise NotTheForm
            UUID(found.key)
        except (TypeError, ValueError):
            raise NotTheForm from None
        lines = {name: " ".join(getattr(found, name).split()) for name in _LINES}
        lines["referral_number"] = normalize_word(lines["referral_number"])
        return found._replace(text=as_typed(found.text), **lines)

    @property
    def choice(self) -> LastChoice:
        """The choice with which the next form begins."""
        return LastChoice(self.channel, self.form)

    def errors(self, today: date) -> list[FieldError]:
        """The fields that are missing, too long, or none of those that the page offers on *today*."""
        rules: dict[str, str] = {line: "too_long" for line in _LINES if len(getattr(self, line)) > MOST_OF_LINE}
        rules |= {name: "unknown" for name, known in self._known(today).items() if getattr(self, name) not in known}
        if not self.channel:
            rules["channel"] = "unknown"
        if not self.name and not self.anonymous:
            rules["name"] = "missing"
        if self.anonymous and (self.name or self.address or self.phone):
            rules["anonymous"] = "refused"  # which of the two is true, nobody but the clerk knows
        if not self.text:
            rules["text"] = "missing"
        elif graphemes(self.text) > MOST_CHARACTERS:
            rules["text"] = "too_long"
        return [field_error(field, rule) for field, rule in rules.items()]

    def appeal(self, addressee: str, taker: str) -> EnteredAppeal:
        """The appeal to the body *addressee*, which the post *taker* accepted. Raises `ValidationError`."""
        values: dict[str, Any] = {name: getattr(self, name) or None for name in _OPTIONAL}
        values |= {name: getattr(self, name) for name in ("channel", "form", "received", "kind", "text")}
        return EnteredAppeal.model_validate(
            {**values, "applicant": self._applicant(), "addressee": addressee, "taker": taker}
        )

    def _applicant(self) -> dict[str, Any] | None:
        if self.anonymous:
            return None
        address = {"address_text": self.address} if self.address else None
        return {"name": self.name, "phone": self.phone or None, "address": address}

    def _known(self, today: date) -> Mapping[str, Iterable[str]]:
        return {"form": FORMS, "kind": KINDS, "received": [one.isoformat() for one in days_of_receipt(today)]}


def days_of_receipt(today: date) -> list[date]:
    """The days from *today* back on which the letter may have come."""
    return [today - timedelta(days=back) for back in range(MOST_DAYS_BACK + 1)]
