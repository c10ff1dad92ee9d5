"""The histories of the conformance corpus: events of an appeal, and the appeal that they fold to."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

from pydantic_core import to_jsonable_python
from tests.contract.sealing_vectors import NONCE

from natija_events.ids import appeal_number
from natija_events.lifecycle.fold import fold
from natija_events.rules import lifecycle
from natija_events.sealing.data_key import DataKey, Place
from natija_events.terms.facts import facts_of
from natija_events.terms.states import term_states
from natija_events.types import deadlines, intake, oversight, routing
from natija_events.types.base import EventData
from natija_events.types.sealed import plain_values
from natija_events.wire.envelope import Event, Stamp, write_headers
from natija_events.wire.hash_chain import GENESIS
from natija_events.wire.record import RecordedEvent, read_recorded_event

START = datetime(2026, 3, 2, 3, tzinfo=UTC)
DUE = datetime(2026, 3, 23, 18, tzinfo=UTC)
NUMBER, OTHER, THIRD = (appeal_number("KG", bits) for bits in (7, 2, 3))
UNKNOWN = "appeal.foreseen.v7"
"""A type that this version of the contract does not have."""


class At(NamedTuple):
    """An event with a *time* of its own. Any other comes an hour after the one before."""

    time: datetime
    data: EventData | str


_KEY = DataKey(bytes(32))
_NOWHERE = Place("KG", "", "", UUID(int=0), "", "")


def registered(**more: Any) -> intake.Registered:
    """The registration of an appeal."""
    least = {"kind": "application", "form": "written", "channel": "post", "received": START, "jurisdiction": "KG"}
    return intake.Registered.model_validate({**least, **more})


def _routed(**more: Any) -> routing.Routed:
    return routing.Routed(body="ministry-transport", **more)


_OPEN = registered(region="chuy", topic="roads")
_IN_WORK = [_OPEN, _routed(executor="post-12")]
_DRAFT = [*_IN_WORK, routing.DecisionPrepared(outcome="satisfied")]
_SIGNING = [*_DRAFT, routing.DecisionApproved(approver="head-3")]
_ANSWERED = [*_SIGNING, routing.Answered(outcome="satisfied")]
_ASKED = [*_IN_WORK, routing.DataRequested(missing=("address",), until=DUE)]
_MERGED = [_OPEN, intake.DuplicateLinked(of=OTHER)]
_CASE = {"court": "court-bishkek", "case_number": "1/26"}

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def _term(id: str = "answer-1", **more: Any) -> deadlines.Term:
    origin = deadlines.TermOrigin(sequence=1, instant=START)
    return deadlines.Term.model_validate({"id": id, "origin": origin, "due": DUE, "policy": "kg-67/1", **more})


def _set(*terms: deadlines.Term) -> deadlines.TermSet:
    return deadlines.TermSet(terms=terms)


_TERMED = [_OPEN, _set(_term()), _routed()]
_ANSWER = routing.Answered(outcome="satisfied")
_LINKED_LATE = At(DUE + _DAY, intake.DuplicateUnlinked(signer="head-3"))

_TERMS: Mapping[str, Sequence[EventData | At | str]] = {
    "a term runs": _TERMED,
    "a term is met": [*_TERMED, _ANSWER],
    "a term is met at its very end": [*_TERMED, At(DUE, _ANSWER)],
    "a term is missed by a microsecond": [*_TERMED, At(DUE + timedelta(microseconds=1), _ANSWER)],
    "a breach is recorded": [*_TERMED, At(DUE, deadlines.Missed(term="answer-1", due=DUE))],
    "a breach is annulled": [
        *_TERMED,
        deadlines.Missed(term="answer-1", due=START + 4 * _HOUR),
        deadlines.TermAnnulled(term="answer-1", due=START + 4 * _HOUR, reason="calendar"),
    ],
    "extended in time": [
        *_TERMED,
        deadlines.TermExtended(term="answer-1", due=DUE + 30 * _DAY),
        At(DUE + _DAY, _ANSWER),
    ],
    "extended after the breach": [
        *_TERMED,
        At(DUE + _DAY, deadlines.TermExtended(term="answer-1", due=DUE + 30 * _DAY)),
        At(DUE + 2 * _DAY, _ANSWER),
    ],
    "corrected to an earlier instant: missed from then on": [
        *_TERMED,
        At(DUE, deadlines.TermCorrected(term="answer-1", due=DUE - _DAY, was=DUE, reason="calendar")),
    ],
    "corrected to a later instant: never missed": [
        *_TERMED,
        At(DUE + _DAY, deadlines.TermCorrected(term="answer-1", due=DUE + 2 * _DAY, was=DUE, reason="decree")),
        _ANSWER,
    ],
    "paused, resumed and met": [
        _OPEN,
        _set(_term(pauses=("appeal.data-requested",))),
        _routed(executor="post-12"),
        routing.DataRequested(missing=("address",), until=DUE),
        At(DUE + _DAY, routing.DataProvided()),
        deadlines.TermResumed(term="answer-1", due=DUE + 3 * _DAY),
        _ANSWER,
    ],
    "resumed late by the clock: the pause ended when the data came": [
        _OPEN,
        _set(_term(pauses=("appeal.data-requested",))),
        _routed(executor="post-12"),
        routing.DataRequested(missing=("address",), until=DUE),
        At(DUE + _DAY, routing.DataProvided()),
        At(DUE + 4 * _DAY, _ANSWER),
        At(DUE + _DAY, deadlines.TermResumed(term="answer-1", due=DUE + 3 * _DAY)),
    ],
    "still paused": [
        _OPEN,
        _set(_term(pauses=("appeal.data-requested",))),
        At(DUE - _DAY, routing.DataRequested(missing=("address",), until=DUE + _DAY)),
        At(DUE + _DAY, routing.NoteAdded(by="post-12")),
    ],
    "missed at one body, answered by the next: the first is late": [
        *_TERMED,
        At(DUE, deadlines.Missed(term="answer-1", due=DUE)),
        At(DUE + _DAY, routing.Forwarded(body="ministry-health")),
        _set(_term("answer-2", origin=deadlines.TermOrigin(sequence=5, instant=DUE + _DAY), due=DUE + 20 * _DAY)),
        _ANSWER,
    ],
    "the next body misses its own term": [
        _OPEN,
        _set(_term(ends=("end", "appeal.forwarded"))),
        _routed(),
        routing.Forwarded(body="ministry-health"),
        _set(_term("answer-2", origin=deadlines.TermOrigin(sequence=4, instant=START), due=DUE + _DAY)),
        At(DUE + 2 * _DAY, _ANSWER),
    ],
    "several terms at once, each with its own end": [
        _OPEN,
        _set(
            _term(),
            _term("registration-1", ends=("appeal.routed",), due=START + _DAY),
            _term("notice-1", ends=("appeal.notice-sent",), due=START + _DAY, holder="city-hall"),
            _term("objection-1", ends=("appeal.hearing-held",), expiry="none", holder="applicant"),
        ),
        _routed(),
        At(DUE - _DAY, _ANSWER),
    ],
    "a part is forwarded: the term stays with its body": [
        *_TERMED,
        routing.ForwardedInPart(body="ministry-health", child=OTHER, part=1),
        At(DUE + _DAY, _ANSWER),
    ],
    "a recorded breach of a term that makes nobody late": [
        _OPEN,
        _set(_term(expiry="none")),
        At(DUE, deadlines.Missed(term="answer-1", due=DUE)),
    ],
    "ended while paused": [
        _OPEN,
        _set(_term(pauses=("appeal.data-requested",))),
        routing.DataRequested(missing=("address",), until=DUE),
        At(DUE + _DAY, routing.LeftWithoutConsideration(reason="anonymous")),
    ],
    "silence of the applicant makes no body late": [
        _OPEN,
        _set(_term("data-1", holder="applicant", expiry="return", ends=("appeal.data-provided",))),
        At(DUE + _DAY, routing.NoteAdded(by="post-12")),
    ],
    "set after the end: late all the same": [
        _OPEN,
        At(DUE + _DAY, _ANSWER),
        At(DUE + 2 * _DAY, _set(_term())),
    ],
    "merged over its end": [_OPEN, _set(_term()), intake.DuplicateLinked(of=OTHER), At(DUE + _DAY, UNKNOWN)],
    "merged by mistake over its end: it counts again": [
        _OPEN,
        _set(_term()),
        intake.DuplicateLinked(of=OTHER),
        _LINKED_LATE,
    ],
    "due of another register": [
        registered(register_name="osh"),
        deadlines.TermSet(due=DUE, policy="osh"),
        At(DUE + _DAY, _ANSWER),
    ],
    "reopened: the first lateness stays": [
        *_TERMED,
        At(DUE + _DAY, _ANSWER),
        routing.Reopened(body="ministry-health", authority="court-bishkek", decided=START),
        _set(_term("answer-2", origin=deadlines.TermOrigin(sequence=5, instant=DUE), due=DUE + 20 * _DAY)),
        _ANSWER,
    ],
    "forwarded outside in time": [*_TERMED, routing.Forwarded(body="embassy", external=True)],
}

_HISTORIES: Mapping[str, Sequence[EventData | str]] = {
    "registered, required fields only": [registered()],
    "registered, a part of another appeal": [registered(parent=OTHER, part=1, addressee="ministry-health")],
    "registered, a complaint about the handling of another": [registered(kind="complaint", complaint_of=OTHER)],
    "registered from another register": [registered(register_name="osh", external_id="17/26")],
    "routed to a body": [_OPEN, _routed()],
    "routed to an official": _IN_WORK,
    "routed twice: the second body has no official": [*_IN_WORK, routing.Routed(body="ministry-health")],
    "the official is replaced": [*_IN_WORK, routing.ExecutorChanged(executor="post-13")],
    "tasks, and one of them twice": [
        *_IN_WORK,
        *(routing.Assigned(post=post, by="head-3") for post in ("post-1", "post-2", "post-1")),
    ],
    "a new official has no tasks yet": [
        *_IN_WORK,
        routing.Assigned(post="post-1", by="head-3"),
        routing.ExecutorChanged(executor="post-13"),
    ],
    "the topic is assigned": [_OPEN, routing.TopicAssigned(topic="land")],
    "a suggested topic changes nothing": [_OPEN, routing.TopicSuggested(topic="land", model="m1")],
    "prepared, not yet approved": _DRAFT,
    "approved, not yet signed": _SIGNING,
    "declined at the signature": [*_SIGNING, routing.DecisionDeclined(by="head-3")],
    "answered": _ANSWERED,
    "answered at once": [_OPEN, routing.Answered(outcome="explained")],
    "answered and delivered": [*_ANSWERED, routing.AnswerDelivered(channel="post")],
    "answered and corrected": [*_ANSWERED, routing.AnswerCorrected()],
    "data are requested": _ASKED,
    "data are requested of an appeal that nobody holds": [
        _OPEN,
        routing.DataRequested(missing=("address",), until=DUE),
    ],
    "data are provided": [*_ASKED, routing.DataProvided()],
    "a new official while data are awaited": [*_ASKED, routing.ExecutorChanged(executor="post-13")],
    "a new official while data are awaited, and then the data": [
        *_ASKED,
        routing.ExecutorChanged(executor="post-13"),
        routing.DataProvided(),
    ],
    "routed while data are awaited, merged, unlinked, then the data": [
        _OPEN,
        routing.DataRequested(missing=("address",), until=DUE),
        _routed(),
        intake.DuplicateLinked(of=OTHER),
        intake.DuplicateUnlinked(signer="head-3"),
        routing.DataProvided(),
    ],
    "forwarded inside the register": [*_IN_WORK, routing.Forwarded(body="ministry-health")],
    "forwarded inside and routed": [
        *_IN_WORK,
        routing.Forwarded(body="ministry-health"),
        routing.Routed(body="ministry-health", executor="post-77"),
    ],
    "forwarded outside the register": [*_IN_WORK, routing.Forwarded(body="embassy", external=True)],
    "forwarded in part, twice": [
        *_IN_WORK,
        routing.ForwardedInPart(body="ministry-health", child=OTHER, part=1),
        routing.ForwardedInPart(body="ministry-labor", child=THIRD, part=2),
    ],
    "returned": [_OPEN, routing.Returned(reason="no-signature")],
    "withdrawn": [*_IN_WORK, intake.WithdrawalRequested(), intake.Withdrawn(signer="head-3")],
    "not withdrawn": [*_IN_WORK, intake.WithdrawalRequested(), intake.WithdrawalDeclined(signer="head-3")],
    "left without consideration": [_OPEN, routing.LeftWithoutConsideration(reason="anonymous")],
    "terminated": [*_IN_WORK, routing.ReviewTerminated(reason="court_act_in_force")],
    "merged as a duplicate": _MERGED,
    "merged by mistake": [*_MERGED, intake.DuplicateUnlinked(signer="head-3")],
    "merged while data are awaited, then unlinked, then provided": [
        *_ASKED,
        intake.DuplicateLinked(of=OTHER),
        intake.DuplicateUnlinked(signer="head-3"),
        routing.DataProvided(),
    ],
    "a link after the answer merges nothing": [*_ANSWERED, intake.DuplicateLinked(of=OTHER)],
    "a link after the answer is taken back": [
        *_ANSWERED,
        intake.DuplicateLinked(of=OTHER),
        intake.DuplicateUnlinked(signer="head-3"),
    ],
    "a link after the answer is taken back once reopened": [
        *_ANSWERED,
        intake.DuplicateLinked(of=OTHER),
        routing.Reopened(body="ministry-health", authority="court-bishkek", decided=START),
        intake.DuplicateUnlinked(signer="head-3"),
    ],
    "unlinked while data are awaited": [*_ASKED, intake.DuplicateUnlinked(signer="head-3")],
    "a repeat": [_OPEN, intake.RepeatLinked(of=OTHER)],
    "complaints, and one of them twice": [
        *_ANSWERED,
        *(intake.ComplaintFiled(complaint=complaint) for complaint in (OTHER, THIRD, OTHER)),
    ],
    "on control, also after the answer": [_OPEN, oversight.ControlTaken(by="inspector-1"), *_ANSWERED[1:]],
    "no longer on control": [
        _OPEN,
        oversight.ControlTaken(by="inspector-1"),
        oversight.ControlReleased(by="inspector-1"),
    ],
    "a court case": [_OPEN, oversight.CourtNoted(**_CASE)],
    "a court case, closed": [
        _OPEN,
        oversight.CourtNoted(**_CASE),
        oversight.CourtNoted(court="court-osh", case_number="2/26"),
        oversight.CourtClosed(**_CASE, ruling="discontinued"),
    ],
    "reopened": [*_ANSWERED, routing.Reopened(body="ministry-health", authority="court-bishkek", decided=START)],
    "reopened and answered again": [
        *_ANSWERED,
        routing.Reopened(body="ministry-health", authority="court-bishkek", decided=START),
        routing.Answered(outcome="explained"),
    ],
    "the person is erased": [*_ANSWERED, intake.PersonErased(applicant="a-1", ground="g-1")],
    "a type of a later version": [_OPEN, UNKNOWN, _routed()],
    "supplemented, noted, noticed, corrected": [
        _OPEN,
        intake.Supplemented(),
        routing.NoteAdded(by="post-12"),
        intake.NoticeSent(about="appeal.registered", sequence=1, channel="post"),
        intake.ApplicantCorrected(),
    ],
    "an extension is prepared and declined": [
        *_IN_WORK,
        deadlines.ExtensionPrepared(term="answer-1", due=DUE),
        deadlines.ExtensionDeclined(term="answer-1", by="head-3"),
    ],
}


def histories() -> dict[str, Any]:
    """Each history with what it folds to: the state and the fields of `lifecycle.json`; and the terms at an instant."""
    return {"histories": [_history(name, events) for name, events in {**_HISTORIES, **_TERMS}.items()]}


def _history(name: str, events: Sequence[EventData | At | str]) -> dict[str, Any]:
    log: list[RecordedEvent] = []
    for data in events:
        log.append(_recorded(data, log))
    return {"name": name, **history(log, max(one.time for one in log))}


def history(log: Sequence[RecordedEvent], at: datetime) -> dict[str, Any]:
    """The events of an appeal, the appeal that they fold to, and its terms at the instant *at*, as JSON values."""
    told = [{"type": one.type, "time": _text(one.time), "data": _parsed(one.event.data)} for one in log]
    terms = [to_jsonable_python(one._asdict()) for one in term_states(chain.from_iterable(map(facts_of, log)), at)]
    return {"events": told, "appeal": folded(log), "at": _text(at), "terms": terms}


def folded(log: Sequence[RecordedEvent]) -> dict[str, Any]:
    """The appeal of *log*, as JSON values."""
    appeal = fold(log)
    assert appeal is not None
    named: dict[str, Any] = to_jsonable_python(appeal)
    standing = to_jsonable_python(appeal.standing._asdict())
    return {**standing, "closed": named["closed"]} | {name: named[name] for name in lifecycle()["fields"]}


def _recorded(event: EventData | At | str, log: Sequence[RecordedEvent]) -> RecordedEvent:
    sequence = len(log) + 1
    usual = log[-1].time + timedelta(hours=1) if log else START
    time, data = event if isinstance(event, At) else (usual, event)
    type, raw = (data, b'{"bridge":"B-7"}') if isinstance(data, str) else (data.type, _sealed_json(data))
    proposed = Event(UUID(int=sequence), "/desks/ministry-transport", type, NUMBER, time, raw)
    stamp = Stamp(sequence, sequence, time, sequence, 7, log[-1].hash if log else GENESIS)
    return read_recorded_event(0, sequence, raw, write_headers(proposed, stamp))


def _sealed_json(data: EventData) -> bytes:
    """The JSON of *data*, its values sealed with a nonce that is always the same."""
    sealed = {name: _KEY.seal(_NOWHERE, plain.to_padded(), NONCE) for name, plain in plain_values(data).items()}
    return data.model_copy(update=sealed).model_dump_json(exclude_defaults=False, exclude_none=True).encode()


def _text(time: datetime) -> str:
    text: str = to_jsonable_python(time)
    return text


def _parsed(raw: bytes) -> Any:
    return json.loads(raw)
