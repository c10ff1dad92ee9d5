"""An answer as its template takes it: names, words and texts in one language. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from natija_chassis.opening.opened_event import OpenedEvent, Unopened
from natija_chassis.realm.official_rights import body_of
from natija_events.reference.data import ReferenceData
from natija_events.wire.record import RecordedEvent
from natija_events.words import Language, WordKind, word
from natija_intake.answers.given_answer import GivenAnswer

_TEXTS = ("text", "explanation")
"""The texts in the sealed values that are shown. Persons are not."""


class ShownEvent(NamedTuple):
    """An event of the answer: *what* it is, its *time*, who signed it, and its *text*.

    *problem*: why the text cannot be shown, such as `erased`. Both are empty for an event without a text.
    """

    what: str
    time: datetime
    post: str | None
    body: str | None
    text: str
    problem: str


class ShownAnswer(NamedTuple):
    """An answer: its event *first*, what came *later*, and the applicant's *own* texts.

    *outcome* and *reason* are in words, *law* as written, *language* is that of the texts of the body (ISO 639).
    *reopened* is the time since which the appeal is considered again.
    """

    first: ShownEvent
    later: Sequence[ShownEvent]
    own: Sequence[ShownEvent]
    outcome: str | None
    reason: str | None
    law: Sequence[str]
    language: str | None
    reopened: datetime | None


def shown(given: GivenAnswer, opened: Sequence[OpenedEvent], data: ReferenceData, language: Language) -> ShownAnswer:
    """The answer *given*, with its *opened* events, in *language*."""
    texts = {one.event.sequence: _text(one.data) for one in opened}

    def event(one: RecordedEvent) -> ShownEvent:
        return _event(one, *texts.get(one.sequence, ("", "")), data, language)

    answer = given.answer.data
    return ShownAnswer(
        first=event(given.answer),
        later=[event(one) for one in given.later],
        own=[found for found in map(event, given.own) if found.text or found.problem],
        outcome=_word("outcome", getattr(answer, "outcome", None), language),
        reason=_word("reason", getattr(answer, "reason", None), language),
        law=getattr(answer, "law", ()),
        language=getattr(answer, "language", None),
        reopened=given.reopened,
    )


def _text(data: Mapping[str, object]) -> tuple[str, str]:
    """The text of an opened event, and why it cannot be shown."""
    content = data.get("content")
    if isinstance(content, Unopened):
        return "", content.problem
    found = content if isinstance(content, Mapping) else {}
    return next((str(found[name]) for name in _TEXTS if found.get(name)), ""), ""


def _event(event: RecordedEvent, text: str, problem: str, data: ReferenceData, language: Language) -> ShownEvent:
    signer = getattr(event.data, "signer", None) or getattr(event.data, "approver", None)
    body = body_of(signer) if signer else data.body(event.event.source)
    return ShownEvent(
        what=_word("type", event.type, language) or "",
        time=event.time,
        post=_post(signer, data, language),
        body=None if body is None else data.name("bodies", body, language),
        text=text,
        problem=problem,
    )


def _post(post: str | None, data: ReferenceData, language: Language) -> str | None:
    """The name of *post*; None where it has none, since its id says nothing to an applicant."""
    entry = data.posts.get(post or "")
    names = {} if entry is None else entry.names or {}
    return next((names[one] for one in (language, *data.languages) if one in names), None)


def _word(kind: WordKind, code: str | None, language: Language) -> str | None:
    """The official word for *code*, with a capital."""
    found = None if code is None else word(kind, code, language)
    return None if found is None else found[:1].upper() + found[1:]
