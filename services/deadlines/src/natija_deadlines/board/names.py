"""Names and days as the board writes them in one language."""

from datetime import date, datetime, timedelta

from natija_chassis.pages.catalogs import GetText
from natija_chassis.pages.formats import Formats
from natija_deadlines.worklists.rows import Told
from natija_events.reference.data import ReferenceData
from natija_events.terms.facts import APPLICANT
from natija_events.terms.states import Status
from natija_events.types.deadlines import Addressee
from natija_events.words import Language, WordKind, word

_INSTANT = timedelta(microseconds=1)


class Names:
    """The words of one *language* for bodies, posts, terms and days; *words* translates."""

    def __init__(self, data: ReferenceData, formats: Formats, words: GetText) -> None:
        self._data, self._formats, self._words = data, formats, words

    @property
    def language(self) -> Language:
        """The language."""
        return self._formats.language

    def body(self, id: str | None) -> str:
        """The name of a body."""
        return self._words("No body yet") if id is None else self._data.name("bodies", id, self.language)

    def executor(self, body: str | None, post: str | None) -> str:
        """The name of a post of *body*, or else its id."""
        if post is None:
            return self._words("No executor yet")
        entry = self._data.posts.get(post) or self._data.posts.get(f"{body}/{post}")
        names = {} if entry is None else entry.names
        return next((names[one] for one in (self.language, *self._data.languages) if one in names), post)

    def bodies(self, ids: tuple[str, ...] | None) -> list[tuple[str, str]]:
        """The *ids* (None: all bodies) with their names, in the order of the alphabet."""
        named = [(id, self.body(id)) for id in (self._data.bodies if ids is None else ids)]
        return self._formats.sort(named, lambda one: one[1])

    def addressee(self, one: Addressee | None) -> str:
        """The person or body that was told, or will be."""
        if one is None:
            return self._words("Nobody named")
        return {
            "executor": self._words("Executor"),
            "head": self._words("Head"),
            "superior": self._words("Superior body"),
            "prosecutor": self._words("Prosecutor"),
        }[one]

    def holder(self, id: str | None) -> str:
        """The body that must act before a term ends, or the applicant."""
        return self._words("Applicant") if id == APPLICANT else self.body(id)

    def status(self, status: Status) -> str:
        """The state of a term."""
        return {
            "running": self._words("Running"), "paused": self._words("Paused"), "merged": self._words("Rests"),
            "met": self._words("Met"), "missed": self._words("Missed"), "cancelled": self._words("Cancelled"),
            "expired": self._words("Expired"),
        }[status]  # fmt: skip

    def word(self, kind: WordKind, code: str) -> str:
        """The word for *code*, as a heading or a text of its own begins."""
        found = word(kind, code, self.language)
        return found[:1].upper() + found[1:]

    def term(self, id: str) -> str:
        """The kind of a term, and its number where it is not the first one."""
        kind, _, number = id.rpartition("-")
        name = self.word("term", kind)
        return name if number == "1" else f"{name} ({number})"

    def told(self, one: Told) -> str:
        """A step of the ladder: the person or body, and the day."""
        return f"{self.addressee(one.to)}, {_short(one.time.date())}"

    def last_day(self, due: datetime | None) -> str:
        """The last day of a term that ends at *due*, which has the offset of its calendar."""
        return "" if due is None else _short((due - _INSTANT).date())

    def number(self, value: int | None) -> str:
        """A count; empty for None."""
        return "" if value is None else self._formats.number(value)


def _short(day: date) -> str:
    """A day as tables have it. All our languages write it so."""
    return f"{day:%d.%m.%Y}"
