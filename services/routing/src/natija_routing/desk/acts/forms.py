"""The forms of acts: the fields as typed, what is wrong with them, and the data of the event that they become. Pure."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple, Self, get_args
from uuid import UUID, uuid4

from pydantic import ValidationError

from natija_chassis.http.problems import FieldError
from natija_chassis.time_zones import time_zone
from natija_events.ids import derived_event_id
from natija_events.reference.data import ReferenceData
from natija_events.types import routing
from natija_events.types.base import AnswerOutcome, AnswerReason, EventData, NonConsiderationReason
from natija_events.types.deadlines import TermExtended
from natija_events.types.personal import Explanation, Reason, Remarks, Resolution, Text
from natija_events.types.sealed import Plain, plain_values
from natija_routing.desk.acts.rules import DeskAct, event_of
from natija_routing.desk.cases.state import Case

OUTCOMES: tuple[AnswerOutcome, ...] = tuple(
    one for one in get_args(AnswerOutcome) if one not in ("forwarded", "withdrawn")
)
"""Outcomes of a draft. The others have acts of their own."""
WITH_REASON: tuple[AnswerOutcome, ...] = ("terminated", "not_considered")
REASONS: tuple[AnswerReason, ...] = tuple(dict.fromkeys(get_args(AnswerReason)))
GROUNDS: tuple[NonConsiderationReason, ...] = get_args(NonConsiderationReason)
"""Legal grounds of a return."""
MISSING = ("name", "address", "contacts", "signature", "authority", "documents", "explanation")
"""Data that an applicant may be asked for."""
FIELDS: Mapping[DeskAct, tuple[str, ...]] = {
    "route": ("body", "executor", "text"), "assign": ("executor",), "prepare": ("outcome", "text"), "approve": (),
    "sign": ("reason", "language"), "decline": ("text",), "ask": ("missing", "day"), "extend": ("day", "text"),
    "forward": ("body", "text"), "return": ("reason", "text"),
}  # fmt: skip
"""The fields of each form."""
MOST_CHARACTERS = 30_000
_LONGEST = {"body": 128, "executor": 200, "outcome": 40, "reason": 60, "language": 3, "day": 10}


class NotAnActForm(ValueError):
    """The body is not that of the form."""


class ActForm(NamedTuple):
    """The fields as typed. *key* is made with the form. *sequence* is that of the appeal on the page that the official
    saw."""

    key: UUID
    sequence: int
    body: str = ""
    executor: str = ""
    outcome: str = ""
    reason: str = ""
    language: str = ""
    missing: tuple[str, ...] = ()
    day: str = ""
    text: str = ""

    @classmethod
    def empty(cls, case: Case) -> Self:
        """A new form about *case* as it stands."""
        return cls(uuid4(), case.standing.sequence)

    @classmethod
    def read(cls, items: Iterable[tuple[str, object]]) -> Self:
        """The form with these names and values, as a browser has sent them. Raises `NotAnActForm`."""
        given: dict[str, list[str]] = {}
        for name, value in items:
            if not isinstance(value, str):
                raise NotAnActForm
            given.setdefault(name, []).append(value)
        try:
            last = {name: values[-1].strip() for name, values in given.items()}
            texts = {name: last.get(name, "")[:longest] for name, longest in _LONGEST.items()}
            text, missing = last.get("text", "").replace("\r\n", "\n"), tuple(given.get("missing", ()))
            found = cls(UUID(last["key"]), _count(last["sequence"]), missing=missing, text=text, **texts)
            json.dumps(found[1:], ensure_ascii=False).encode()  # not so with half a surrogate pair
            return found
        except (KeyError, ValueError):
            raise NotAnActForm from None

    def event_id(self, appeal: str, act: DeskAct) -> UUID:
        """The id of the event of this form: the same form sent again is the same event, another text is another one."""
        fields = json.dumps(self[1:], ensure_ascii=False).encode()
        return derived_event_id(appeal, act, str(self.key), hashlib.sha256(fields).hexdigest())


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError("not a count")
    return int(text)


class Wrong(Exception):
    """Fields of a form that break rules."""

    def __init__(self, *errors: FieldError) -> None:
        super().__init__("the form is not complete")
        self.errors = errors


class ActContext(NamedTuple):
    """The matter of an act: the *case*, the *body* and the *post* that act, and the *draft* of the answer, if it was
    opened for this act. The appeal complains about the bodies *complained_of*."""

    case: Case
    body: str
    post: str
    data: ReferenceData
    now: datetime
    draft: Text | None = None
    complained_of: frozenset[str] = frozenset()


def event_data(act: DeskAct, form: ActForm, context: ActContext) -> EventData:
    """The data of the event of *act*. Raises `Wrong`."""
    if len(form.text) > MOST_CHARACTERS:
        raise Wrong(_error("text", "too_long"))
    try:
        data = _BUILDERS[act](form, context)
    except ValidationError as error:
        places = [str(one["loc"][0]) if one["loc"] else "text" for one in error.errors()]
        raise Wrong(*(_error(_FIELD_OF.get(place, place), "unknown") for place in places)) from None
    if not all(_can_be_sealed(one) for one in plain_values(data).values()):
        raise Wrong(_error("text", "too_long"))
    return data


def _can_be_sealed(plain: Plain) -> bool:
    """Whether *plain* is short enough as JSON. A control character is longer there."""
    try:
        plain.to_padded()
    except ValueError:
        return False
    return True


_FIELD_OF = {"content": "text", "due": "day", "until": "day", "co_bodies": "body"}


def _route(form: ActForm, context: ActContext) -> EventData:
    body = _chosen(form, "body", receivers(context.data, context.complained_of))
    executor = _post(form, body, context.data) if form.executor else None
    return routing.Routed(body=body, executor=executor, content=Resolution(resolution=form.text) if form.text else None)


def _assign(form: ActForm, context: ActContext) -> EventData:
    executor = _post(form, context.body, context.data)
    if executor == context.case.executor:
        raise Wrong(_error("executor", "unknown"))
    if event_of("assign", context.case) is routing.Routed:
        return routing.Routed(body=context.body, executor=executor)
    return routing.ExecutorChanged(executor=executor)


def _prepare(form: ActForm, context: ActContext) -> EventData:
    outcome: Any = _chosen(form, "outcome", OUTCOMES)
    return routing.DecisionPrepared(outcome=outcome, content=Text(text=_required(form, "text")))


def _approve(form: ActForm, context: ActContext) -> EventData:
    return routing.DecisionApproved(approver=context.post)


def _sign(form: ActForm, context: ActContext) -> EventData:
    outcome: Any = context.case.draft_outcome
    reason: Any = _chosen(form, "reason", REASONS) if outcome in WITH_REASON else None
    language = _chosen(form, "language", context.data.languages)
    return routing.Answered(
        outcome=outcome, reason=reason, signer=context.post, language=language, content=context.draft or Text()
    )


def _decline(form: ActForm, context: ActContext) -> EventData:
    return routing.DecisionDeclined(by=context.post, content=Remarks(remarks=_required(form, "text")))


def _ask(form: ActForm, context: ActContext) -> EventData:
    missing = tuple(one for one in MISSING if one in form.missing)
    if not missing:
        raise Wrong(_error("missing", "missing"))
    return routing.DataRequested(missing=missing, until=_end_of_day(form, context))


def _extend(form: ActForm, context: ActContext) -> EventData:
    due, case = _end_of_day(form, context), context.case
    if case.term is None or case.due is None or case.latest is None or not case.due < due <= case.latest:
        raise Wrong(_error("day", "beyond"))
    return TermExtended(term=case.term, due=due, signer=context.post, content=Reason(reason=_required(form, "text")))


def _forward(form: ActForm, context: ActContext) -> EventData:
    body = _chosen(form, "body", _others(context))
    return routing.Forwarded(body=body, signer=context.post, content=Reason(reason=_required(form, "text")))


def _others(context: ActContext) -> list[str]:
    return [one for one in receivers(context.data, context.complained_of) if one != context.body]


def receivers(data: ReferenceData, complained_of: Collection[str]) -> list[str]:
    """The bodies that may get an appeal: none that it complains about, and none below such a body."""
    return [one for one in data.bodies if not any(of == one or data.is_above(of, one) for of in complained_of)]


def _return(form: ActForm, context: ActContext) -> EventData:
    reason = _chosen(form, "reason", GROUNDS)
    explanation = Explanation(explanation=_required(form, "text"))
    return routing.Returned(reason=reason, signer=context.post, content=explanation)


_BUILDERS: Mapping[DeskAct, Callable[[ActForm, ActContext], EventData]] = {
    "route": _route, "assign": _assign, "prepare": _prepare, "approve": _approve, "sign": _sign, "decline": _decline,
    "ask": _ask, "extend": _extend, "forward": _forward, "return": _return,
}  # fmt: skip


def _required(form: ActForm, field: str) -> str:
    found: str = getattr(form, field)
    if not found:
        raise Wrong(_error(field, "missing"))
    return found


def _chosen(form: ActForm, field: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    found = _required(form, field)
    if found not in known:
        raise Wrong(_error(field, "unknown"))
    return found


def _post(form: ActForm, body: str, data: ReferenceData) -> str:
    return _chosen(form, "executor", posts_of(body, data))


def posts_of(body: str, data: ReferenceData) -> list[str]:
    """The posts of *body* that may be in charge of an appeal."""
    return [id for id, post in data.posts.items() if id.startswith(f"{body}/") and "executor" in post.roles]


def _end_of_day(form: ActForm, context: ActContext) -> datetime:
    """24:00 of the local day in the field *day*."""
    try:
        day = date.fromisoformat(_required(form, "day"))
        end = datetime.combine(day + timedelta(days=1), datetime.min.time(), time_zone(context.data.zone))
    except (ValueError, OverflowError):
        raise Wrong(_error("day", "day")) from None
    if end <= context.now:
        raise Wrong(_error("day", "past"))
    return end.astimezone(UTC)


def _error(field: str, rule: str) -> FieldError:
    return {"field": field, "rule": rule, "message": ""}
