"""Cases about rights of sources, data, the life cycle, terms and conflicts."""

from datetime import datetime, timedelta

from tests.contract.corpus.author import (
    CHANNEL,
    CLOCK,
    DESK,
    KEY,
    NOW,
    OFFICER,
    OLD_KEY,
    OVERSIGHT,
    SIGNING_DESK,
    STRANGE_KEY,
    VISITOR,
    Author,
)
from tests.contract.corpus.case import (
    DAY,
    DUE,
    Case,
    Write,
    answer,
    changed,
    history,
    once,
    opened,
    opening,
    routed,
    then,
)

from natija_events.ids import appeal_number
from natija_events.types import deadlines, intake, oversight, routing
from natija_events.types.personal import Text


def _terms() -> deadlines.TermSet:
    term = deadlines.Term(
        id="answer-1",
        origin=deadlines.TermOrigin(sequence=1, instant=NOW),
        due=DUE,
        extension=deadlines.TermExtension(latest=DUE + 30 * DAY),
    )
    return deadlines.TermSet(terms=(term,))


def _extended(due: datetime = DUE + DAY) -> deadlines.TermExtended:
    return deadlines.TermExtended(term="answer-1", due=due)


def _extension_to(due: datetime) -> Write:
    return lambda author: [author.propose(_terms(), CLOCK), author.propose(_extended(due), expectedsequence=2)]


FORBIDDEN = (
    once("an unknown source", lambda author: author.propose(opening(), VISITOR), "forbidden source"),
    once("a role that may not", lambda author: author.propose(opening(), CLOCK), "forbidden type"),
    then("a channel answers", lambda author: answer(author, CHANNEL), "forbidden type"),
    then(
        "a desk sets a term",
        lambda author: author.propose(deadlines.Missed(term="answer-1", due=NOW), DESK, expectedsequence=1),
        "forbidden type",
    ),
    then("a desk takes control", lambda author: author.propose(oversight.ControlTaken(by="x")), "forbidden type"),
    once("unsigned", lambda author: author.propose(opening(), SIGNING_DESK), "forbidden signature"),
    once(
        "signed with a strange key",
        lambda author: author.record(*STRANGE_KEY.sign("kg", [author.event(opening(), SIGNING_DESK)])),
        "forbidden signature",
    ),
    once(
        "signed with a key that is no longer valid",
        lambda author: author.record(*OLD_KEY.sign("kg", [author.event(opening(), SIGNING_DESK)])),
        "forbidden signature",
    ),
    once(
        "changed after signing",
        lambda author: author.record(*KEY.sign("kg", [author.event(opening(), SIGNING_DESK)])).edited(
            '"written"', '"oral"'
        ),
        "forbidden signature",
    ),
    once(
        "signed for another realm",
        lambda author: author.record(*KEY.sign("kz", [author.event(opening(), SIGNING_DESK)])),
        "forbidden signature",
    ),
    once(
        "a channel names a register",
        lambda author: author.propose(opening(register_name="osh"), CHANNEL),
        "forbidden register_name",
    ),
    once(
        "a channel names another register's id",
        lambda author: author.propose(opening(external_id="17/26"), CHANNEL),
        "forbidden external_id",
    ),
)


def _unknown_code(field: str, code: str) -> Case:
    return once(
        f"{field} is not of the realm",
        lambda author: author.propose(opening(**{field: code}), CHANNEL),
        f"invalid {field}",
    )


INVALID = (
    once(
        "the number of another realm",
        lambda author: author.propose(opening(), CHANNEL, subject=appeal_number("KZ", author.index)),
        "invalid subject",
    ),
    changed(
        "an unknown type",
        lambda record: record.header("ce_type", "appeal.painted.v1").without("ce_dataschema"),
        "invalid type",
    ),
    changed("an unknown field", lambda record: record.edited('{"kind"', '{"colour":"red","kind"'), "invalid data"),
    changed("a field is missing", lambda record: record.edited('"form":"written",', ""), "invalid form"),
    changed("a word that is none", lambda record: record.edited('"written"', '"spoken"'), "invalid form"),
    changed(
        "a number as text",
        lambda record: record.edited('"applicants_count":1', '"applicants_count":"1"'),
        "invalid applicants_count",
    ),
    changed(
        "a name instead of a code",
        lambda record: record.edited('"ministry-transport"', '"Иванов Иван"'),
        "invalid addressee",
    ),
    changed("a plain value", lambda record: record.edited('"person":{"kid"', '"person":{"name"'), "invalid person.kid"),
    *(
        _unknown_code(field, value)
        for field, value in (
            ("region", "osh"),
            ("district", "sokuluk"),
            ("topic", "forests"),
            ("channel", "pigeon"),
            ("addressee", "ministry-of-magic"),
            ("jurisdiction", "KZ"),
            ("country_type", "media-request"),
        )
    ),
    once(
        "in the future",
        lambda author: author.propose(opening(), CHANNEL, time=NOW + timedelta(minutes=6)),
        "invalid time",
    ),
    once(
        "dated back by two days",
        lambda author: author.propose(opening(received=NOW - 2 * DAY), CHANNEL, time=NOW - 2 * DAY),
        "invalid time",
    ),
    once(
        "received after its time",
        lambda author: author.propose(opening(received=NOW + timedelta(seconds=1)), CHANNEL),
        "invalid received",
    ),
    once(
        "received four months before its registration, which is a breach",
        lambda author: author.propose(opening(received=NOW - 120 * DAY), CHANNEL),
        "registered",
    ),
    once(
        "received in another year, by the slip of a key",
        lambda author: author.propose(opening(received=NOW.replace(year=1926)), CHANNEL),
        "invalid received",
    ),
    then("no expected sequence", lambda author: author.propose(routed()), "invalid expectedsequence"),
    changed("no wrapped key", lambda record: record.without("ce_wrappedkey"), "invalid wrappedkey"),
    then(
        "a wrapped key, and nothing sealed",
        lambda author: author.propose(routing.HearingWaived(reason="agreed")).header(
            "ce_wrappedkey", dict(opened(author).headers)["ce_wrappedkey"]
        ),
        "invalid wrappedkey",
    ),
    changed(
        "the wrapped key of another realm",
        lambda record: record.header("ce_wrappedkey", "x25519:AAAA.BBBB.CCCC"),
        "invalid wrappedkey",
    ),
    changed(
        "the wrapped key of another appeal",
        lambda record: record.header("ce_wrappedkey", dict(opened(Author(4_000)).headers)["ce_wrappedkey"]),
        "invalid wrappedkey",
    ),
    changed(
        "a sealed value of another event",
        lambda record: record.header("ce_id", "00000000-0000-4000-8000-000000000001"),
        "invalid person",
    ),
)

UNLAWFUL = (
    once(
        "routed before it is registered", lambda author: author.propose(routed(), expectedsequence=0), "unlawful type"
    ),
    then("registered twice", lambda author: author.propose(opening(), CHANNEL), "unlawful type"),
    then(
        "data provided, and none were requested", lambda author: author.propose(routing.DataProvided()), "unlawful type"
    ),
    then(
        "delivered before it is answered",
        lambda author: author.propose(routing.AnswerDelivered(channel="post")),
        "unlawful type",
    ),
    history(
        "answered twice",
        lambda author: [answer(author), answer(author, expectedsequence=2)],
        "registered",
        "unlawful type",
    ),
    then(
        "a duplicate of a larger number",
        lambda author: author.propose(
            intake.DuplicateLinked(of=appeal_number("KG", 1 << 60)), DESK, expectedsequence=1
        ),
        "unlawful type",
    ),
    once(
        "a batch whose second event is not lawful",
        lambda author: author.record(author.event(opening()), author.event(routing.AnswerDelivered(channel="post"))),
        "unlawful [1].type",
    ),
    then(
        "erased",
        lambda author: author.propose(intake.PersonErased(applicant="a-1", ground="g-1"), OFFICER),
        "unlawful type",
    ),
)


CONFLICT = (
    then(
        "a duplicate of an appeal that is not registered",
        lambda author: author.propose(intake.DuplicateLinked(of=appeal_number("KG", 1)), expectedsequence=1),
        "conflict of",
    ),
    then(
        "a part that is not registered",
        lambda author: author.propose(
            routing.ForwardedInPart(body="ministry-health", child=appeal_number("KG", 1), part=1), expectedsequence=1
        ),
        "conflict child",
    ),
    then(
        "the expected sequence is ahead",
        lambda author: answer(author, expectedsequence=2),
        "conflict expectedsequence",
    ),
    history(
        "a material event came after",
        lambda author: [
            author.propose(intake.Supplemented(content=Text(text="Дагы.")), CHANNEL),
            answer(author, expectedsequence=1),
        ],
        "registered",
        "conflict expectedsequence",
    ),
    history(
        "a term event came after a decision about the term",
        lambda author: [
            author.propose(_terms(), CLOCK),
            author.propose(_extended(), expectedsequence=1),
            author.propose(_extended(), expectedsequence=2),
        ],
        "registered",
        "conflict expectedsequence",
        "registered",
    ),
    history(
        "only a term event came after",
        lambda author: [author.propose(_terms(), CLOCK), answer(author, expectedsequence=1)],
        "registered",
        "registered",
    ),
    history(
        "only a note came after",
        lambda author: [author.propose(routing.NoteAdded(by="post-12")), answer(author, expectedsequence=1)],
        "registered",
        "registered",
    ),
)

TERMS = (
    then("a clock names a due", lambda author: author.propose(deadlines.TermSet(due=DUE), CLOCK), "forbidden due"),
    then(
        "an extension without a term", lambda author: author.propose(_extended(), expectedsequence=1), "unlawful term"
    ),
    history("an extension beyond its limit", _extension_to(DUE + 60 * DAY), "registered", "unlawful due"),
    history("an extension into the past", _extension_to(DUE - DAY), "registered", "unlawful due"),
    history(
        "a second extension",
        lambda author: [
            author.propose(_terms(), CLOCK),
            author.propose(_extended(DUE + DAY), expectedsequence=2),
            author.propose(_extended(DUE + 2 * DAY), expectedsequence=3),
        ],
        "registered",
        "registered",
        "unlawful term",
    ),
    history(
        "an extension by a role that is not named",
        lambda author: [
            author.propose(_terms(), CLOCK),
            author.propose(_extended(), OVERSIGHT, expectedsequence=2),
        ],
        "registered",
        "unlawful term",
    ),
)


LAWFUL = (
    then("routed", lambda author: author.propose(routed(executor="post-12"), expectedsequence=1), "registered"),
    then("answered", answer, "registered"),
    then(
        "forwarded",
        lambda author: author.propose(routing.Forwarded(body="ministry-health"), expectedsequence=1),
        "registered",
    ),
    history(
        "data are requested and provided",
        lambda author: [
            author.propose(routing.DataRequested(missing=("address",), until=DUE), expectedsequence=1),
            author.propose(routing.DataProvided(), CHANNEL),
        ],
        "registered",
        "registered",
    ),
    then(
        "a note with the applicant's words",
        lambda author: author.propose(intake.Supplemented(content=Text(text="Дагы.")), CHANNEL),
        "registered",
    ),
    then(
        "on control", lambda author: author.propose(oversight.ControlTaken(by="inspector-1"), OVERSIGHT), "registered"
    ),
    then(
        "two events at once",
        lambda author: author.record(
            author.event(routed(), expectedsequence=1), author.event(routing.NoteAdded(by="post-12"))
        ),
        "registered",
    ),
)
