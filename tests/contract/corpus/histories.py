"""The histories of the conformance corpus: events of an appeal, and the appeal that they fold to."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic_core import to_jsonable_python
from tests.contract.sealing_vectors import NONCE

from natija_events.ids import appeal_number
from natija_events.lifecycle.export import lifecycle
from natija_events.lifecycle.fold import fold
from natija_events.sealing.data_key import DataKey, Place
from natija_events.types import deadlines, intake, oversight, routing
from natija_events.types.base import EventData
from natija_events.types.sealed import plain_values
from natija_events.wire.envelope import Event, Stamp, write_headers
from natija_events.wire.hash_chain import GENESIS
from natija_events.wire.record import RecordedEvent, read_recorded_event

START = datetime(2026, 3, 2, 3, tzinfo=UTC)
DUE = datetime(2026, 3, 23, 18, tzinfo=UTC)
NUMBER, OTHER, THIRD = (appeal_number("KG", bits) for bits in (7, 2, 3))
UNKNOWN = "appeal.site-visited.v1"
"""A type that this version of the contract does not have."""

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
    """Each history with the appeal that it folds to: the state, and the fields of `lifecycle.json`."""
    return {"histories": [_history(name, events) for name, events in _HISTORIES.items()]}


def _history(name: str, events: Sequence[EventData | str]) -> dict[str, Any]:
    log: list[RecordedEvent] = []
    for data in events:
        log.append(_recorded(data, log))
    told = [{"type": one.type, "time": _text(one.time), "data": _parsed(one.event.data)} for one in log]
    return {"name": name, "events": told, "appeal": folded(log)}


def folded(log: Sequence[RecordedEvent]) -> dict[str, Any]:
    """The appeal of *log*, as JSON values."""
    appeal = fold(log)
    assert appeal is not None
    named: dict[str, Any] = to_jsonable_python(appeal)
    standing = to_jsonable_python(appeal.standing._asdict())
    return {**standing, "closed": named["closed"]} | {name: named[name] for name in lifecycle()["fields"]}


def _recorded(data: EventData | str, log: Sequence[RecordedEvent]) -> RecordedEvent:
    sequence = len(log) + 1
    type, raw = (data, b'{"bridge":"B-7"}') if isinstance(data, str) else (data.type, _sealed_json(data))
    time = START + timedelta(hours=sequence)
    event = Event(UUID(int=sequence), "/desks/ministry-transport", type, NUMBER, time, raw)
    stamp = Stamp(sequence, sequence, time, sequence, 7, log[-1].hash if log else GENESIS)
    return read_recorded_event(0, sequence, raw, write_headers(event, stamp))


def _sealed_json(data: EventData) -> bytes:
    """The JSON of *data*, its values sealed with a nonce that is always the same."""
    sealed = {name: _KEY.seal(_NOWHERE, plain.to_padded(), NONCE) for name, plain in plain_values(data).items()}
    return data.model_copy(update=sealed).model_dump_json(exclude_defaults=False, exclude_none=True).encode()


def _text(time: datetime) -> str:
    text: str = to_jsonable_python(time)
    return text


def _parsed(raw: bytes) -> Any:
    return json.loads(raw)
