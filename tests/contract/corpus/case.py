"""A case of the conformance corpus, and the short ways to write one."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import NamedTuple

from tests.contract.corpus.author import CHANNEL, DESK, NOW, Author, InboxRecord
from tests.contract.corpus.histories import registered

from natija_events.types import routing
from natija_events.types.intake import Registered
from natija_events.types.personal import AppealText, Person

Write = Callable[[Author], Sequence[InboxRecord]]
Change = Callable[[InboxRecord], InboxRecord]

DAY = timedelta(days=1)
DUE = NOW + 15 * DAY


class Case(NamedTuple):
    """Records, proposed one after the other, and the result *expected* of each: ``registered``, or reason and field."""

    name: str
    write: Callable[[Author], Sequence[InboxRecord]]
    expected: Sequence[str]


def opening(**more: object) -> Registered:
    """The registration of an appeal to the ministry of transport."""
    least = {"received": NOW, "addressee": "ministry-transport", "person": Person(name="Асанова Айгүл")}
    return registered(**{**least, "content": AppealText(text="Жол оңдолсун."), **more})


def opened(author: Author) -> InboxRecord:
    """The record that opens the appeal."""
    return author.propose(opening(), CHANNEL)


def routed(**more: object) -> routing.Routed:
    """Routed to the ministry of transport."""
    return routing.Routed.model_validate({"body": "ministry-transport", **more})


def once(name: str, write: Callable[[Author], InboxRecord], expected: str) -> Case:
    """One record on an unknown appeal."""
    return Case(name, lambda author: [write(author)], [expected])


def changed(name: str, change: Change, expected: str) -> Case:
    """The record that opens an appeal, with one change."""
    return once(name, lambda author: change(opened(author)), expected)


def then(name: str, write: Callable[[Author], InboxRecord], expected: str) -> Case:
    """One record on an appeal that is registered."""
    return Case(name, lambda author: [opened(author), write(author)], ["registered", expected])


def history(name: str, write: Write, *expected: str) -> Case:
    """Several records on an appeal that is registered."""
    return Case(name, lambda author: [opened(author), *write(author)], ["registered", *expected])


def answer(author: Author, source: str = DESK, **more: object) -> InboxRecord:
    """The record by which *source* answers the appeal."""
    return author.propose(routing.Answered(outcome="satisfied"), source, **{"expectedsequence": 1, **more})
