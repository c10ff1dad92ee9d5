"""The choices of the form, named in one language and in the order of its alphabet."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from natija_chassis.pages.catalogs import GetText
from natija_chassis.pages.formats import Formats
from natija_chassis.pages.languages import NAMES
from natija_events.reference.data import ReferenceData, Section
from natija_events.words import word
from natija_intake.pages.form import KINDS, AppealForm

NamedValues = Sequence[tuple[str, str]]
"""Values with their names."""


class PreviewRow(NamedTuple):
    """A line of the preview."""

    label: str
    value: str
    id: str


class Choices:
    """The choices that the *reference* data in force allow."""

    def __init__(self, reference: ReferenceData, formats: Formats, words: GetText) -> None:
        self._reference, self._formats, self._words = reference, formats, words
        self.kinds: NamedValues = [(kind, capital(word("kind", kind, formats.language))) for kind in KINDS]
        self.bodies = [("", words("I do not know")), *self._named("bodies")]
        self.topics = [("", words("Something else")), *self._named("topics")]
        self.regions = [("", words("Not one region")), *self._named("regions")]
        self.languages: NamedValues = [(one, name) for one, name in NAMES.items() if one in reference.languages]

    @property
    def labels(self) -> Mapping[str, str]:
        """The names of the fields, in their order."""
        words = self._words
        return {
            "kind": words("What you send"), "addressee": words("To"), "topic": words("Topic"),
            "region": words("Region"), "text": words("Your appeal"), "name": words("Your name"),
            "phone": words("Phone"), "email": words("Email"), "address": words("Your address"),
            "language": words("Language of the answer"),
        }  # fmt: skip

    def preview(self, form: AppealForm) -> list[PreviewRow]:
        """The form as it will be sent; empty fields are left out."""
        chosen = {
            "kind": self.kinds, "addressee": self.bodies, "topic": self.topics, "region": self.regions,
            "language": self.languages,
        }  # fmt: skip
        values = form._asdict()
        values |= {name: dict(named).get(values[name], "") for name, named in chosen.items()}
        return [PreviewRow(label, values[name], name) for name, label in self.labels.items() if values[name]]

    def _named(self, section: Section) -> list[tuple[str, str]]:
        language = self._formats.language
        named = [(id, self._reference.name(section, id, language)) for id in getattr(self._reference, section)]
        return self._formats.sort(named, lambda one: one[1])


def capital(text: str) -> str:
    """*text* with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]
