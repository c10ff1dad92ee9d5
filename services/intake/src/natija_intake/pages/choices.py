"""The choices of the form, named in one language and in the order of its alphabet."""

from collections.abc import Sequence
from typing import NamedTuple

from natija_chassis.pages.formats import Formats
from natija_chassis.pages.languages import NAMES
from natija_events.reference.data import ReferenceData, Section
from natija_events.words import word
from natija_intake.pages.form import KINDS, AppealForm, GetText

Choice = tuple[str, str]
"""A value, and its name."""


class PreviewRow(NamedTuple):
    """A line of the preview."""

    label: str
    value: str
    id: str


class Choices:
    """What can be chosen, of the *reference* data in force."""

    def __init__(self, reference: ReferenceData, formats: Formats, words: GetText) -> None:
        self._reference, self._formats, self._words = reference, formats, words
        self.kinds: Sequence[Choice] = [(kind, _capital(word("kind", kind, formats.language))) for kind in KINDS]
        self.bodies = [("", words("I do not know")), *self._named("bodies")]
        self.topics = [("", words("Something else")), *self._named("topics")]
        self.regions = [("", words("Not one region")), *self._named("regions")]
        self.languages: Sequence[Choice] = [(one, name) for one, name in NAMES.items() if one in reference.languages]

    def preview(self, form: AppealForm) -> list[PreviewRow]:
        """The form as it will be sent; empty fields are left out."""
        words = self._words
        rows = [
            (words("What you send"), dict(self.kinds)[form.kind], "kind"),
            (words("To"), dict(self.bodies).get(form.addressee, ""), "addressee"),
            (words("Topic"), dict(self.topics).get(form.topic, ""), "topic"),
            (words("Region"), dict(self.regions).get(form.region, ""), "region"),
            (words("Your appeal"), form.text, "text"),
            (words("Your name"), form.name, "name"),
            (words("Phone"), form.phone, "phone"),
            (words("Email"), form.email, "email"),
            (words("Your address"), form.address, "address"),
            (words("Language of the answer"), dict(self.languages).get(form.language, ""), "language"),
        ]
        return [PreviewRow(*row) for row in rows if row[1]]

    def _named(self, section: Section) -> list[Choice]:
        language = self._formats.language
        named = [(id, self._reference.name(section, id, language)) for id in getattr(self._reference, section)]
        return self._formats.sort(named, lambda one: one[1])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
