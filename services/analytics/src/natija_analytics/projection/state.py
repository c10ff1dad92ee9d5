"""Events to rows, pure: each event is a row of history. A batch folds to one sparse row of facts per appeal."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from natija_events.lifecycle.transitions import TABLE, TERMINAL, Either, Resume
from natija_events.types import deadlines, intake, routing
from natija_events.types.base import EventData
from natija_events.wire.record import RecordedEvent

Closure = Literal["end", "merge", "resume", "reopen"]


class EventEffect(NamedTuple):
    """The values of an event that questions about the past need. See the columns of `tables.history`."""

    state: str | None = None
    closure: Closure | None = None
    due: datetime | None = None
    body: str | None = None
    topic: str | None = None
    outcome: str | None = None


class HistoryRow(NamedTuple):
    """A row of `tables.history`, in the order of its columns."""

    appeal: str
    sequence: int
    partition: int
    offset: int
    logsequence: int
    id: UUID
    type: str
    source: str
    time: datetime
    recordedtime: datetime
    state: str | None
    closure: str | None
    due: datetime | None
    body: str | None
    topic: str | None
    outcome: str | None


NO_EFFECT = EventEffect()


def history_row(event: RecordedEvent) -> HistoryRow:
    """The row of *event*. An event of an unknown type has no effect, but has its place in the history."""
    told, stamp = event.event, event.stamp
    return HistoryRow(
        told.subject, stamp.sequence, event.partition, event.offset, stamp.logsequence, told.id, told.type, told.source,
        told.time, stamp.recordedtime, *effect_of(event.data),
    )  # fmt: skip


def effect_of(data: EventData | None) -> EventEffect:
    """The effect of an event with this *data* (None: an unknown type)."""
    if data is None:
        return NO_EFFECT
    special = _SPECIAL.get(type(data))
    return special(data) if special else _PLAIN.get(type(data), NO_EFFECT)


def _by_table(data_type: type[EventData], set_field: bool = False) -> EventEffect:
    """State and closure as the life-cycle table has them."""
    row = TABLE.get(data_type.type)
    target: Any = None if row is None else row.target
    if isinstance(target, Resume):
        return EventEffect(closure="resume")
    if isinstance(target, Either):
        target = target.when_set if set_field else target.otherwise
    if not isinstance(target, str):
        return NO_EFFECT
    if target not in TERMINAL:
        return EventEffect(state=target)
    return EventEffect(state=target, closure="merge" if target == "MERGED_AS_DUPLICATE" else "end")


_PLAIN: dict[type[EventData], EventEffect] = {row.data: _by_table(row.data) for row in TABLE.values()}
_FORWARDED_OUT = _by_table(routing.Forwarded, set_field=True)._replace(outcome="forwarded")
_IN_WORK = _by_table(routing.Routed, set_field=True)


def _forwarded(data: routing.Forwarded) -> EventEffect:
    return (_FORWARDED_OUT if data.external else _PLAIN[routing.Forwarded])._replace(body=data.body)


def _term_set(data: deadlines.TermSet) -> EventEffect:
    answer = deadlines.answer_term(data)
    if answer is not None:
        return EventEffect(due=answer[1])
    return EventEffect(due=data.terms[0].due) if data.terms else NO_EFFECT


def _routed(data: routing.Routed) -> EventEffect:
    return (_IN_WORK if data.executor else _PLAIN[routing.Routed])._replace(body=data.body)


def _with(*fields: str, **fixed: Any) -> Callable[[Any], EventEffect]:
    """An effect that takes *fields* over from the data."""

    def taken(data: EventData) -> EventEffect:
        return _PLAIN[type(data)]._replace(**{field: getattr(data, field) for field in fields}, **fixed)

    return taken


def _reopened(data: routing.Reopened) -> EventEffect:
    return _PLAIN[routing.Reopened]._replace(closure="reopen", body=data.body)


_SPECIAL: dict[type[EventData], Callable[[Any], EventEffect]] = {
    intake.Registered: _with("topic"),
    intake.Withdrawn: _with(outcome="withdrawn"),
    routing.TopicAssigned: _with("topic"),
    routing.Routed: _routed,
    routing.Forwarded: _forwarded,
    routing.Answered: _with("outcome"),
    routing.LeftWithoutConsideration: _with(outcome="not_considered"),
    routing.Reopened: _reopened,
    routing.ReviewTerminated: _with(outcome="terminated"),
    deadlines.TermSet: _term_set,
    deadlines.TermResumed: _with("due"),
    deadlines.TermExtended: _with("due"),
    deadlines.TermCorrected: _with("due"),
    deadlines.ExtensionPrepared: _with("due"),
    deadlines.Warned: _with("due"),
    deadlines.Missed: _with("due"),
    deadlines.TermAnnulled: _with("due"),
    deadlines.DataTermExpired: _with("due"),
}


class FactsUpdate(NamedTuple):
    """The changes of one appeal in a batch: flags, and values by column of `tables.facts`. A column without a value
    stays.

    *links* means that `duplicate_of` is replaced, even by null. *reopens* means that an earlier closure does not count,
    *unmerges* that an earlier merge does not, *voids* that an earlier outcome does not.
    """

    values: dict[str, Any]
    links: bool
    reopens: bool
    voids: bool = False
    unmerges: bool = False


def facts_updates(pairs: Iterable[tuple[RecordedEvent, HistoryRow]]) -> dict[str, FactsUpdate]:
    """The change of each appeal, from its events and their rows, in the log's order."""
    folded: dict[str, FactsUpdate] = {}
    for event, row in pairs:
        before = folded.get(row.appeal)
        folded[row.appeal] = evolve(before or FactsUpdate({}, False, False), event, row)
    return folded


def evolve(change: FactsUpdate, event: RecordedEvent, row: HistoryRow) -> FactsUpdate:
    values = change.values
    values["sequence"], values["recordedtime"] = row.sequence, row.recordedtime
    for name in ("body", "topic", "outcome"):
        value = getattr(row, name)
        if value is not None:
            values[name] = value
    if row.closure in ("end", "merge") and "closed" not in values:
        values["closed"], values["ending"] = row.time, row.state
    data = event.data
    if isinstance(data, intake.Registered):
        values |= _registered(data)
        values["opened"] = row.time
    elif isinstance(data, intake.RepeatLinked):
        values["repeat_of"] = data.of
    elif isinstance(data, intake.DuplicateLinked):
        values["duplicate_of"] = data.of
        change = change._replace(links=True)
    elif isinstance(data, intake.DuplicateUnlinked):
        merged = values.get("ending") == "MERGED_AS_DUPLICATE"
        for name in ("duplicate_of", *(("closed", "ending") if merged else ())):
            values.pop(name, None)
        change = change._replace(links=True, unmerges=True)
    elif isinstance(data, routing.Reopened):
        for name in ("closed", "ending", "outcome"):
            values.pop(name, None)
        change = change._replace(reopens=True, voids=True)
    return change


def _registered(data: intake.Registered) -> dict[str, Any]:
    applicant = data.applicant
    address = applicant.address if applicant else None
    return {
        "received": data.received,
        "jurisdiction": data.jurisdiction,
        "kind": data.kind,
        "country_type": data.country_type,
        "form": data.form,
        "channel": data.channel,
        "language": data.language,
        "character": data.character,
        "applicants_count": data.applicants_count,
        "applicant_kind": applicant.kind if applicant else None,
        "social_group": applicant.social_group if applicant else None,
        "region": data.region or (address.region if address else None),
        "district": data.district or (address.district if address else None),
        "referral_from": data.referral_from,
        "addressee": data.addressee,
        "parent": data.parent,
        "complaint_of": data.complaint_of,
        "register_name": data.register_name,
        "external_id": data.external_id,
    }
