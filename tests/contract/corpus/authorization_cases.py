"""Cases about who may act: bodies that hold an appeal, registers that feed it, channels and routers."""

from tests.contract.corpus.author import (
    CHANNEL,
    CLOCK,
    DESK,
    HISTORY,
    KEY,
    NOW,
    OTHER_CHANNEL,
    OTHER_DESK,
    OTHER_HISTORY,
    OVERSIGHT,
    ROUTER,
    SIGNING_DESK,
    Author,
    InboxRecord,
)
from tests.contract.corpus.case import DAY, Case, answer, history, once, opening, routed, then

from natija_events.ids import appeal_number
from natija_events.types import deadlines, intake, routing
from natija_events.types.base import EventData

_FORWARDED = routing.Forwarded(body="ministry-health")
_REOPENED = routing.Reopened(body="ministry-transport", authority="city-hall", decided=NOW)


def _signed(author: Author, data: EventData, expectedsequence: int) -> InboxRecord:
    """Proposed by the body above the ministry of transport."""
    return author.record(*KEY.sign("kg", [author.event(data, SIGNING_DESK, expectedsequence=expectedsequence)]))


def _withdrawn(author: Author, source: str = CHANNEL) -> InboxRecord:
    return author.propose(intake.Withdrawn(), source, expectedsequence=1)


def _fed(author: Author) -> InboxRecord:
    """An appeal that a register brings, with the words of its own."""
    data = opening(register_name="osh", external_id="17/26", addressee=None, received=NOW - 9 * DAY)
    return author.propose(data, HISTORY, time=NOW - 9 * DAY)


def _fed_answer(author: Author, source: str, expectedsequence: int = 1) -> InboxRecord:
    data = routing.Answered(outcome="satisfied")
    return author.propose(data, source, time=NOW - DAY, expectedsequence=expectedsequence)


UNAUTHORIZED = (
    then("a desk of another body", lambda author: answer(author, OTHER_DESK), "unlawful source"),
    then(
        "a desk of another body writes a note",
        lambda author: author.propose(routing.NoteAdded(by="post-12"), OTHER_DESK),
        "unlawful source",
    ),
    history(
        "the former holder answers",
        lambda author: [
            author.propose(_FORWARDED, expectedsequence=1),
            answer(author, expectedsequence=2),
            answer(author, OTHER_DESK, expectedsequence=2),
        ],
        "registered",
        "unlawful source",
        "registered",
    ),
    then(
        "forwarded to the body that forwards",
        lambda author: author.propose(routing.Forwarded(body="ministry-transport"), expectedsequence=1),
        "unlawful body",
    ),
    then(
        "forwarded and answered at once",
        lambda author: author.record(
            author.event(_FORWARDED, expectedsequence=1), author.event(routing.Answered(outcome="satisfied"))
        ),
        "unlawful [1].source",
    ),
    history(
        "the addressee, once another body holds it",
        lambda author: [
            author.propose(routing.Routed(body="ministry-health"), ROUTER, expectedsequence=1),
            answer(author, expectedsequence=2),
        ],
        "registered",
        "unlawful source",
    ),
    history(
        "forwarded outside: the file stays where it was",
        lambda author: [
            author.propose(routing.Forwarded(body="court-osh", external=True), expectedsequence=1),
            author.propose(routing.NoteAdded(by="post-12")),
        ],
        "registered",
        "registered",
    ),
    history(
        "a router, once a body holds it",
        lambda author: [
            author.propose(routed(), ROUTER, expectedsequence=1),
            author.propose(routing.Routed(body="ministry-health"), ROUTER, expectedsequence=2),
        ],
        "registered",
        "unlawful source",
    ),
    history(
        "routed within the body, and to another one",
        lambda author: [
            author.propose(routed(), expectedsequence=1),
            author.propose(routed(executor="post-12"), expectedsequence=2),
            author.propose(routing.Routed(body="ministry-health"), expectedsequence=3),
        ],
        "registered",
        "registered",
        "unlawful body",
    ),
    Case(
        "a router merges nothing that a register feeds",
        lambda author: [
            _fed(author),
            author.propose(intake.DuplicateLinked(of=appeal_number("KG", 1)), ROUTER, expectedsequence=1),
        ],
        ["registered", "unlawful source"],
    ),
    history(
        "the access code is replaced by the next one only",
        lambda author: [
            author.propose(intake.AccessCodeReplaced(generation=3), CHANNEL),
            author.propose(intake.AccessCodeReplaced(generation=2), CHANNEL),
            author.propose(intake.AccessCodeReplaced(generation=3), CHANNEL),
        ],
        "unlawful generation",
        "registered",
        "registered",
    ),
    then("withdrawn by its channel", _withdrawn, "registered"),
    then("withdrawn by another channel", lambda author: _withdrawn(author, OTHER_CHANNEL), "unlawful source"),
    history(
        "withdrawn by its channel, though a body holds it",
        lambda author: [
            author.propose(routed(), ROUTER, expectedsequence=1),
            author.propose(intake.Withdrawn(), CHANNEL, expectedsequence=2),
        ],
        "registered",
        "unlawful source",
    ),
    history(
        "reopened by the body itself, by another one, and by the one above its addressee",
        lambda author: [
            answer(author),
            author.propose(_REOPENED, DESK, expectedsequence=2),
            author.propose(_REOPENED, OTHER_DESK, expectedsequence=2),
            _signed(author, _REOPENED, expectedsequence=2),
        ],
        "registered",
        "unlawful source",
        "unlawful source",
        "registered",
    ),
    history(
        "reopened on the authority of the body that answered",
        lambda author: [
            author.propose(routed(), expectedsequence=1),
            answer(author, expectedsequence=2),
            author.propose(
                _REOPENED.model_copy(update={"authority": "ministry-transport"}), OVERSIGHT, expectedsequence=3
            ),
        ],
        "registered",
        "registered",
        "unlawful authority",
    ),
    history(
        "a term is renewed in one proposal",
        lambda author: [
            author.record(
                author.event(routing.Answered(outcome="satisfied"), expectedsequence=1), author.event(_REOPENED)
            )
        ],
        "unlawful [1].source",
    ),
    history(
        "reopened by a decision before the registration",
        lambda author: [
            answer(author),
            author.propose(_REOPENED.model_copy(update={"decided": NOW - DAY}), OVERSIGHT, expectedsequence=2),
        ],
        "registered",
        "unlawful type",
    ),
    then("a register ends a live appeal", lambda author: _fed_answer(author, HISTORY), "unlawful type"),
    then("a register answers a live appeal", lambda author: answer(author, HISTORY), "unlawful source"),
    Case(
        "a register feeds its appeal, and no other source does",
        lambda author: [
            _fed(author),
            _fed_answer(author, OTHER_HISTORY),
            author.propose(intake.Supplemented(), CHANNEL),
            author.propose(deadlines.Missed(term="answer-1", due=NOW - DAY), CLOCK, time=NOW - DAY, expectedsequence=1),
            _fed_answer(author, HISTORY),
        ],
        ["registered", "unlawful source", "unlawful source", "unlawful source", "registered"],
    ),
    Case(
        "a register, after the appeal was taken over",
        lambda author: [
            _fed(author),
            author.propose(routed(), ROUTER, expectedsequence=1),
            _fed_answer(author, HISTORY, expectedsequence=2),
            answer(author, expectedsequence=2),
        ],
        ["registered", "registered", "unlawful source", "registered"],
    ),
    once(
        "a register that does not say its name",
        lambda author: author.propose(opening(received=NOW - 9 * DAY), HISTORY, time=NOW - 9 * DAY),
        "invalid register_name",
    ),
)
