"""The life cycle of an appeal: one table, which code, tests and docs read.

Each row says of a type of event who may publish it, from which states it is lawful and where it leads, whether it is
material (it changes state, holder, due date or content, so that a decision taken without it must be taken again) or a
note, whether its proposer must say what sequence it assumed, and how far back it may be dated.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from natija_events.types import deadlines as d
from natija_events.types import intake as i
from natija_events.types import oversight as o
from natija_events.types import routing as r
from natija_events.types.base import EventData

State = Literal[
    "NEW", "REGISTERED", "ROUTED", "IN_WORK", "AWAITING_DATA", "ON_APPROVAL", "ON_SIGNING",
    "ANSWERED", "FORWARDED", "RETURNED", "WITHDRAWN", "NOT_CONSIDERED", "TERMINATED", "MERGED_AS_DUPLICATE",
]  # fmt: skip
Role = Literal["channel", "desk", "clock", "oversight", "data-officer"]

OPEN: tuple[State, ...] = ("REGISTERED", "ROUTED", "IN_WORK", "AWAITING_DATA", "ON_APPROVAL", "ON_SIGNING")
TERMINAL: tuple[State, ...] = (
    "ANSWERED", "FORWARDED", "RETURNED", "WITHDRAWN", "NOT_CONSIDERED", "TERMINATED", "MERGED_AS_DUPLICATE",
)  # fmt: skip
_WITH_A_BODY: tuple[State, ...] = ("ROUTED", "IN_WORK", "ON_APPROVAL", "ON_SIGNING")

HISTORY = "history"
"""The right to bring events from the past, of any type and date."""

CLOCK_SKEW = timedelta(minutes=5)
"""How far a publisher's clock may go ahead of the registrar's, and behind it without counting as backdating."""


class Stay(NamedTuple):
    """The state stays."""


class Resume(NamedTuple):
    """Back to the state before this one."""


class Either(NamedTuple):
    """One of two states, by whether the data's *field* is set."""

    field: str
    when_set: State
    otherwise: State


class Transition(NamedTuple):
    """What the table says of one type. *backdating* None: as far as the opening of the appeal."""

    data: type[EventData]
    publishers: tuple[Role, ...]
    source: tuple[State, ...]
    target: State | Stay | Resume | Either
    material: bool
    expected: bool
    backdating: timedelta | None
    after_terminal: bool

    @property
    def type(self) -> str:
        """The CloudEvents type."""
        return self.data.type

    @property
    def owner(self) -> str:
        """The room that owns the type."""
        return self.data.__module__.rpartition(".")[2]


def _row(
    data: type[EventData],
    publishers: Role | tuple[Role, ...],
    source: State | Iterable[State],
    target: State | Stay | Resume | Either,
    *,
    note: bool = False,
    expected: bool = False,
    back: timedelta | None = timedelta(0),
    after_terminal: bool = False,
) -> Transition:
    return Transition(
        data=data,
        publishers=(publishers,) if isinstance(publishers, str) else publishers,
        source=(source,) if isinstance(source, str) else tuple(source),
        target=target,
        material=not note,
        expected=expected,
        backdating=back,
        after_terminal=after_terminal,
    )


_DAY = timedelta(days=1)
_STAY = Stay()
_RESUME = Resume()

_ROWS = (
    # Intake. Paper that came in yesterday may be entered today.
    _row(i.Registered, ("channel", "desk"), "NEW", "REGISTERED", back=_DAY),
    _row(i.Supplemented, ("channel", "desk"), OPEN, _STAY, back=_DAY),
    _row(i.WithdrawalRequested, ("channel", "desk"), OPEN, _STAY, back=_DAY),
    _row(i.Withdrawn, ("channel", "desk"), OPEN, "WITHDRAWN", expected=True),
    _row(i.WithdrawalDeclined, "desk", OPEN, _STAY, expected=True),
    _row(i.RepeatLinked, ("channel", "desk"), OPEN, _STAY, note=True, after_terminal=True),
    _row(i.DuplicateLinked, ("channel", "desk"), OPEN, "MERGED_AS_DUPLICATE", expected=True, after_terminal=True),
    _row(i.DuplicateUnlinked, "desk", "MERGED_AS_DUPLICATE", _RESUME, expected=True),
    _row(i.ComplaintFiled, ("channel", "desk"), OPEN, _STAY, note=True, after_terminal=True),
    _row(i.PersonErased, "data-officer", OPEN, _STAY, note=True, after_terminal=True),
    # The desk. Who is judged by the clock does not set it: no backdating.
    _row(r.TopicSuggested, "desk", OPEN, _STAY, note=True),
    _row(r.TopicAssigned, "desk", OPEN, _STAY),
    _row(r.AddresseeDetected, "desk", OPEN, _STAY, note=True),
    _row(r.Routed, "desk", OPEN, Either("executor", "IN_WORK", "ROUTED"), expected=True),
    _row(r.ExecutorChanged, "desk", ("AWAITING_DATA", *_WITH_A_BODY), "IN_WORK", expected=True),
    _row(r.ForwardPrepared, "desk", OPEN, _STAY, note=True),
    _row(r.ForwardApproved, "desk", OPEN, _STAY, note=True),
    _row(r.Forwarded, "desk", OPEN, Either("external", "FORWARDED", "REGISTERED"), expected=True),
    _row(r.ForwardedInPart, "desk", OPEN, _STAY, expected=True),
    _row(r.Returned, "desk", OPEN, "RETURNED", expected=True),
    _row(r.DataRequested, "desk", ("REGISTERED", "ROUTED", "IN_WORK"), "AWAITING_DATA", expected=True),
    _row(r.DataProvided, ("channel", "desk"), "AWAITING_DATA", _RESUME, back=_DAY),
    _row(r.HearingScheduled, "desk", OPEN, _STAY, note=True),
    _row(r.HearingHeld, "desk", OPEN, _STAY, note=True),
    _row(r.HearingWaived, "desk", OPEN, _STAY, note=True),
    _row(r.PreliminaryDecisionSent, "desk", OPEN, _STAY, note=True),
    _row(r.DecisionPrepared, "desk", _WITH_A_BODY, "ON_APPROVAL", expected=True),
    _row(r.DecisionApproved, "desk", "ON_APPROVAL", "ON_SIGNING", expected=True),
    _row(r.DecisionDeclined, "desk", ("ON_APPROVAL", "ON_SIGNING"), "IN_WORK", expected=True),
    _row(r.Answered, "desk", ("REGISTERED", *_WITH_A_BODY), "ANSWERED", expected=True),
    _row(r.AnswerDelivered, ("channel", "desk"), "ANSWERED", _STAY, note=True),
    _row(r.AnswerClarified, "desk", "ANSWERED", _STAY),
    _row(r.AnswerCorrected, "desk", "ANSWERED", _STAY),
    _row(r.LeftWithoutConsideration, "desk", OPEN, "NOT_CONSIDERED", expected=True),
    _row(r.ReviewTerminated, "desk", OPEN, "TERMINATED", expected=True),
    # The clock. A breach is dated at the instant that was missed, however late it is found.
    _row(d.TermSet, "clock", OPEN, _STAY, expected=True),
    _row(d.ExtensionPrepared, "desk", OPEN, _STAY, note=True),
    _row(d.ExtensionApproved, "desk", OPEN, _STAY, note=True),
    _row(d.ExtensionSigned, "desk", OPEN, _STAY, expected=True),
    _row(d.ExtensionDeclined, "desk", OPEN, _STAY, note=True),
    _row(d.Warned, "clock", OPEN, _STAY, note=True, expected=True),
    _row(d.Missed, "clock", OPEN, _STAY, note=True, expected=True, back=None, after_terminal=True),
    _row(d.DataTermExpired, "clock", "AWAITING_DATA", "RETURNED", expected=True),
    # Oversight.
    _row(o.ControlTaken, "oversight", OPEN, _STAY, note=True),
    _row(o.ControlReleased, "oversight", OPEN, _STAY, note=True, after_terminal=True),
    _row(o.CourtNoted, ("oversight", "desk"), OPEN, _STAY, note=True, after_terminal=True),
    _row(o.SanctionRecorded, "oversight", OPEN, _STAY, note=True, after_terminal=True),
)


def _by_version(row: Transition) -> dict[str, Transition]:
    """A row stands for its type's newest version and for all before it: the version changes how it is written only."""
    name, _, version = row.type.rpartition(".v")
    return {f"{name}.v{earlier}": row for earlier in range(1, int(version) + 1)}


TABLE: dict[str, Transition] = {type: row for row in _ROWS for type, row in _by_version(row).items()}
"""The table, by type in each of its versions."""


class Standing(NamedTuple):
    """What the life cycle knows of an appeal. *material* is the sequence of the last material event; *resume* the
    states to go back to, the last one first; *opened* the time of its registration."""

    state: State = "NEW"
    resume: tuple[State, ...] = ()
    opened: datetime | None = None
    sequence: int = 0
    material: int = 0


INITIAL = Standing()
"""An appeal of which nothing is registered."""


def find_violation(standing: Standing, subject: str, time: datetime, data: EventData) -> str | None:
    """The rule that this event would break now, or None when it is lawful."""
    row = TABLE[data.type]
    lawful = standing.state in row.source or (row.after_terminal and standing.state in TERMINAL)
    if not lawful:
        return f"{row.type} is not lawful in state {standing.state}"
    if standing.opened is not None and time < standing.opened:
        return "is dated before the appeal's registration"
    if isinstance(data, i.DuplicateLinked) and not subject > data.of:
        return "a duplicate points from the larger number to the smaller"
    if isinstance(data, d.Missed) and data.due != time:
        return "a breach is dated at the due instant"
    return None


def evolve(standing: Standing, type: str, time: datetime, data: EventData | None) -> Standing:
    """The standing after a registered event. Total: a type that is not in the table only moves the head."""
    sequence = standing.sequence + 1
    row = TABLE.get(type if data is None else data.type)
    if row is None or data is None:
        return standing._replace(sequence=sequence)
    state, resume = _target(standing, row, data)
    opened = time if standing.opened is None else standing.opened
    return Standing(state, resume, opened, sequence, sequence if row.material else standing.material)


def _target(standing: Standing, row: Transition, data: EventData) -> tuple[State, tuple[State, ...]]:
    match row.target:
        case Stay():
            return standing.state, standing.resume
        case str(named):
            state = named
        case Resume():
            return (standing.resume[0], standing.resume[1:]) if standing.resume else (standing.state, ())
        case Either(field, when_set, otherwise):
            state = when_set if getattr(data, field) else otherwise
    if standing.state in TERMINAL:  # an end is an end: what comes after it is written down and changes nothing
        return standing.state, standing.resume
    if state in ("AWAITING_DATA", "MERGED_AS_DUPLICATE"):
        return state, (standing.state, *standing.resume)
    return state, ()
