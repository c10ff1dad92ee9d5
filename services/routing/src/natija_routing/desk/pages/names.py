"""The names of what an appeal refers to, in the language of a page."""

from natija_chassis.pages.catalogs import GetText
from natija_events.reference.data import ReferenceData
from natija_events.words import Language, WordKind, word

_SERVICES = "/services/"
_DESKS = "/desks/"


class DeskNames:
    """DeskNames in *language*, from reference *data*, the official words, and the catalogue of the pages (*words*)."""

    def __init__(self, data: ReferenceData, language: Language, words: GetText) -> None:
        self._data = data
        self.language = language
        self._words = words

    def body(self, id: str | None) -> str:
        """The name of a body; a dash for none."""
        return "–" if id is None else self._data.name("bodies", id, self.language)

    def topic(self, id: str | None) -> str:
        """The name of a topic."""
        return "–" if id is None else self._data.name("topics", id, self.language)

    def region(self, id: str | None) -> str:
        """The name of a region."""
        return "–" if id is None else self._data.name("regions", id, self.language)

    def channel(self, id: str | None) -> str:
        """The name of a channel."""
        return "–" if id is None else self._data.name("channels", id, self.language)

    def post(self, id: str | None) -> str:
        """The name of a post; its last part where it has none."""
        entry = None if id is None else self._data.posts.get(id)
        if id is None or entry is None or not entry.names:
            return "–" if id is None else id.rpartition("/")[2]
        languages = (self.language, *self._data.languages)
        return next((entry.names[one] for one in languages if one in entry.names), id.rpartition("/")[2])

    def word(self, kind: WordKind, code: str | None) -> str:
        """The official word for *code*, with a capital."""
        return "–" if code is None else _capital(word(kind, code, self.language))

    def source(self, source: str) -> str:
        """The publisher of an event: a body for its desk, the register for our own services."""
        if source.startswith(_SERVICES):
            return self._words("The register")
        return self.body(source.removeprefix(_DESKS)) if source.startswith(_DESKS) else source

    def missing(self, code: str) -> str:
        """The name of a kind of data that an applicant is asked for."""
        words = {
            "name": self._words("The applicant's name"), "address": self._words("The address"),
            "contacts": self._words("A phone number or an email address"), "signature": self._words("The signature"),
            "authority": self._words("The proof of authority of the representative"),
            "documents": self._words("Documents"), "explanation": self._words("An explanation"),
        }  # fmt: skip
        return words.get(code, code)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
