"""The choices of the form of a letter, named in one language."""

from collections.abc import Mapping
from datetime import date

from natija_chassis.pages.catalogs import GetText
from natija_chassis.pages.formats import Formats
from natija_events.reference.data import ReferenceData
from natija_events.words import word
from natija_intake.pages.choices import Choices, NamedValues, capital
from natija_intake.pages.clerk.form import FORMS, KINDS, days_of_receipt


class LetterChoices(Choices):
    """The choices that the *reference* data in force allow on *today*, under the law of *jurisdiction*."""

    def __init__(
        self, reference: ReferenceData, formats: Formats, words: GetText, today: date, jurisdiction: str
    ) -> None:
        super().__init__(reference, formats, words)
        language = formats.language
        self.kinds = [(kind, capital(word("kind", kind, language))) for kind in KINDS]
        self.forms: NamedValues = [(form, capital(word("form", form, language))) for form in FORMS]
        # Channels stand in the order of print: a clerk knows it from the report.
        self.channels: NamedValues = [
            ("", words("Choose")), *((id, reference.name("channels", id, language)) for id in reference.channels)
        ]  # fmt: skip
        self.days: NamedValues = [(one.isoformat(), formats.day(one)) for one in days_of_receipt(today)]
        own = f"{jurisdiction}/"
        self.country_types: NamedValues = [
            (id.removeprefix(own), reference.name("country_types", id, language))
            for id in reference.country_types
            if id.startswith(own)
        ]
        self.senders: NamedValues = [("", words("No other body")), *self.bodies[1:]]

    @property
    def labels(self) -> Mapping[str, str]:
        """The names of the fields, in the order of a letter."""
        words = self._words
        return {
            "channel": words("Channel"), "form": words("Form"), "received": words("Received on"),
            "kind": words("Kind"), "country_type": words("Type by the law"), "name": words("Name of the applicant"),
            "anonymous": words("Anonymous"), "address": words("Address"), "phone": words("Phone"),
            "topic": words("Topic"), "region": words("Region"), "text": words("Text of the appeal"),
            "language": words("Language of the answer"), "referral_from": words("Passed on by"),
            "referral_number": words("Outgoing number of the letter"),
        }  # fmt: skip
