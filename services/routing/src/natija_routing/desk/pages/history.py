"""The history of an appeal in words: a line for each event."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from natija_chassis.opening.opened_event import OpenedEvent, Unopened
from natija_chassis.pages.catalogs import GetText
from natija_chassis.pages.formats import Formats
from natija_events.wire.record import RecordedEvent
from natija_routing.desk.pages.names import DeskNames


class ShownText(NamedTuple):
    """A text that was sealed: its *label*, and what it says. *problem*: why it cannot be shown."""

    label: str
    text: str
    problem: str = ""


class HistoryLine(NamedTuple):
    """An event: when, *what* happened, *who* proposed it, and its *details* with their labels."""

    sequence: int
    time: datetime
    what: str
    who: str
    details: Sequence[tuple[str, str]]
    texts: Sequence[ShownText] = ()


class HistoryWords:
    """Lines in one language."""

    def __init__(self, names: DeskNames, formats: Formats, words: GetText) -> None:
        self._names, self._formats, self._words = names, formats, words
        until = words("Until")
        self._fields: Mapping[str, tuple[str, Callable[[Any], str]]] = {
            "body": (words("Body"), names.body), "executor": (words("Official in charge"), names.post),
            "post": (words("Official"), names.post), "topic": (words("Topic"), names.topic),
            "outcome": (words("Outcome"), lambda one: names.word("outcome", one)),
            "reason": (words("Reason"), lambda one: names.word("reason", one)),
            "approver": (words("Approved by"), names.post), "signer": (words("Signed by"), names.post),
            "by": (words("By"), names.post), "taker": (words("Accepted by"), names.post),
            "until": (until, formats.last_day), "due": (until, formats.last_day),
            "channel": (words("Channel"), names.channel),
            "missing": (words("Asked for"), lambda codes: ", ".join(map(names.missing, codes))),
            "term": (words("Term"), lambda id: names.word("term", id.rpartition("-")[0])),
        }  # fmt: skip

    def line(self, event: RecordedEvent) -> HistoryLine:
        """The line of *event*, without its texts."""
        what = self._names.word("type", event.type)
        return HistoryLine(
            event.sequence, event.time, what, self._names.source(event.event.source), list(self._details(event))
        )

    def opened(self, opened: OpenedEvent) -> HistoryLine:
        """The line of an event whose texts were opened."""
        return self.line(opened.event)._replace(texts=list(self._texts(opened)))

    def _details(self, event: RecordedEvent) -> Iterator[tuple[str, str]]:
        for name, (label, write) in self._fields.items():
            value = getattr(event.data, name, None)
            if value is not None and value != ():
                yield label, write(value)
        for term in getattr(event.data, "terms", None) or ():
            yield self._names.word("term", term.kind), self._formats.last_day(term.due)

    def _texts(self, opened: OpenedEvent) -> Iterator[ShownText]:
        labels = self._labels()
        for name in ("person", "content"):
            value = opened.data.get(name)
            if isinstance(value, Unopened):
                yield ShownText(self._words("Text"), "", value.problem)
            elif isinstance(value, Mapping):
                representative = value.get("representative") or {}
                shown = {**value, **{f"representative.{key}": one for key, one in representative.items()}}
                for key, label in labels.items():
                    if isinstance(found := shown.get(key), str):
                        yield ShownText(label, found)

    def _labels(self) -> Mapping[str, str]:
        words = self._words
        return {
            "name": words("Name"), "id_number": words("Personal number"), "birth_date": words("Date of birth"),
            "phone": words("Phone"), "email": words("Email"), "settlement": words("Town or village"),
            "address_text": words("Address"), "signature": words("The signature"),
            "representative.name": words("Representative"),
            "representative.proof": words("The proof of authority of the representative"),
            "text": words("Text"), "resolution": words("Instruction"),
            "reason": words("Reason"), "remarks": words("Remarks"), "explanation": words("Explanation"),
            "protocol": words("Record of the hearing"),
        }  # fmt: skip
