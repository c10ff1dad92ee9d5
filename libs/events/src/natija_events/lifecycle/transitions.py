"""The life cycle of an appeal: one table for code, tests and docs.

The row of an event type says:
- which roles may publish it, each under which condition;
- from which states it is lawful, and to which state it leads;
- whether it is material, a term event or a note. A material event changes state, holder or content. A decision that
  was taken without it must be taken again; so must one about a term that was taken without a term event;
- whether its proposal must state the expected sequence;
- how far back it may be dated.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from natija_events.types import deadlines, intake, oversight, routing
from natija_events.types.base import EventData

State = Literal[
    "NEW", "REGISTERED", "TRANSFERRED", "ROUTED", "IN_WORK", "AWAITING_DATA", "ON_APPROVAL", "ON_SIGNING",
    "ANSWERED", "FORWARDED", "RETURNED", "WITHDRAWN", "NOT_CONSIDERED", "TERMINATED", "MERGED_AS_DUPLICATE",
]  # fmt: skip
Role = Literal["channel", "desk", "router", "clock", "oversight", "data-officer", "history"]

OPEN: tuple[State, ...] = (
    "REGISTERED", "TRANSFERRED", "ROUTED", "IN_WORK", "AWAITING_DATA", "ON_APPROVAL", "ON_SIGNING",
)  # fmt: skip
TERMINAL: tuple[State, ...] = (
    "ANSWERED", "FORWARDED", "RETURNED", "WITHDRAWN", "NOT_CONSIDERED", "TERMINATED", "MERGED_AS_DUPLICATE",
)  # fmt: skip
ENDED: tuple[State, ...] = tuple(state for state in TERMINAL if state != "MERGED_AS_DUPLICATE")
"""Terminal states of an appeal that is not merged with another: its terms have ended, too."""
SUSPENDING: tuple[State, ...] = ("AWAITING_DATA", "MERGED_AS_DUPLICATE")
"""States from which the appeal may go back to the one before."""
_WITH_A_BODY: tuple[State, ...] = ("ROUTED", "IN_WORK", "ON_APPROVAL", "ON_SIGNING")

HISTORY: Role = "history"
"""The role of a register that brings whole histories, with any date in the past."""

Condition = Literal["always", "holds", "above", "unheld", "unfed", "opened", "feeds"]
"""A condition on a publisher and the appeal, beside the role:

- *holds*: its body holds the appeal. While no body does, its body is the addressee, or that of the source that opened
  it;
- *above*: its body is above one of which *holds* is true, and not such a body itself;
- *unheld*: no body holds the appeal, or the reference data have that body no longer;
- *unfed*: no register feeds the appeal;
- *opened*: it opened the appeal itself, no body holds it, and no register feeds it;
- *feeds*: it is the register that opened the appeal, and it still feeds it.
"""

USUAL: Mapping[Role, Condition] = {
    "channel": "unfed", "desk": "holds", "router": "unheld", "clock": "unfed", "oversight": "always",
    "data-officer": "always", "history": "feeds",
}  # fmt: skip
"""The condition of each role where its row names no other."""

CLOCK_SKEW = timedelta(minutes=5)
"""How far a publisher's clock may be ahead of the registrar's, and behind it without counting as backdating."""


class Stay(NamedTuple):
    """The state stays."""


class Resume(NamedTuple):
    """From the state *suspended* back to the one before it; any other state stays."""

    suspended: State


class Either(NamedTuple):
    """One of two states: *when_set* if the data's *field* is set, else *otherwise*."""

    field: str
    when_set: State
    otherwise: State


class Transition(NamedTuple):
    """The row of one event type: *publishers* are its roles, each with its condition.

    *backdating* None means: back to the registration of the appeal. *keeps_waiting*: while data are awaited, it gives
    the state to which they lead, and the state stays.
    """

    data: type[EventData]
    publishers: Mapping[Role, Condition]
    source: tuple[State, ...]
    target: State | Stay | Resume | Either
    material: bool
    term: bool
    expected: bool
    backdating: timedelta | None
    after_terminal: bool
    keeps_waiting: bool

    @property
    def type(self) -> str:
        """The CloudEvents type."""
        return self.data.type

    @property
    def weight(self) -> Literal["material", "term", "note"]:
        """The decisions that the event makes wrong: all, those about terms, or none."""
        return "material" if self.material else "term" if self.term else "note"

    @property
    def only_after_end(self) -> bool:
        """Whether it is lawful in terminal states only. Every row is either that or lawful in none of them."""
        return self.source[0] in TERMINAL

    @property
    def owner(self) -> str:
        """The module that owns the type."""
        return self.data.__module__.rpartition(".")[2]


def _row(
    data: type[EventData],
    publishers: Role | tuple[Role, ...],
    source: State | Iterable[State],
    target: State | Stay | Resume | Either,
    *,
    note: bool = False,
    term: bool = False,
    expected: bool = False,
    back: timedelta | None = timedelta(0),
    after_terminal: bool = False,
    keeps_waiting: bool = False,
    history: bool = True,
    where: Mapping[Role, Condition] | None = None,
) -> Transition:
    """A row. *where* names conditions that are not the `USUAL` ones. *history*: a register may bring such events."""
    roles: tuple[Role, ...] = (publishers,) if isinstance(publishers, str) else publishers
    conditions = {role: USUAL[role] for role in (*roles, *([HISTORY] if history else []))}
    return Transition(
        data=data,
        publishers=conditions | dict(where or {}),
        source=(source,) if isinstance(source, str) else tuple(source),
        target=target,
        material=not (note or term),
        term=term,
        expected=expected,
        backdating=back,
        after_terminal=after_terminal,
        keeps_waiting=keeps_waiting,
    )


_DAY = timedelta(days=1)
_STAY = Stay()
_OPENS: Mapping[Role, Condition] = {"channel": "always", "desk": "always", "history": "always"}

_ROWS = (
    # Intake. A letter that was received yesterday may be entered today.
    _row(intake.Registered, ("channel", "desk"), "NEW", "REGISTERED", back=_DAY, where=_OPENS),
    _row(intake.Supplemented, ("channel", "desk"), OPEN, _STAY, back=_DAY),
    _row(intake.ApplicantCorrected, ("desk", "data-officer"), OPEN, _STAY, note=True, after_terminal=True),
    _row(intake.NoticeSent, ("channel", "desk"), OPEN, _STAY, note=True, after_terminal=True),
    _row(intake.WithdrawalRequested, ("channel", "desk"), OPEN, _STAY, back=_DAY),
    _row(intake.Withdrawn, ("channel", "desk"), OPEN, "WITHDRAWN", expected=True, where={"channel": "opened"}),
    _row(intake.WithdrawalDeclined, "desk", OPEN, _STAY, expected=True),
    _row(intake.RepeatLinked, ("channel", "desk", "router"), OPEN, _STAY, note=True, after_terminal=True),
    _row(
        intake.DuplicateLinked,
        ("desk", "router"),
        OPEN,
        "MERGED_AS_DUPLICATE",
        expected=True,
        after_terminal=True,
        where={"router": "unfed"},
    ),
    _row(
        intake.DuplicateUnlinked,
        ("desk", "router"),
        OPEN,
        Resume("MERGED_AS_DUPLICATE"),
        expected=True,
        after_terminal=True,
        where={"router": "always"},
    ),
    _row(intake.ComplaintFiled, ("channel", "desk"), OPEN, _STAY, note=True, after_terminal=True),
    _row(intake.AccessCodeReplaced, "channel", OPEN, _STAY, note=True, after_terminal=True, history=False),
    _row(
        intake.ErasureRequested,
        ("channel", "desk", "data-officer"),
        OPEN,
        _STAY,
        note=True,
        after_terminal=True,
        history=False,
    ),
    _row(intake.PersonErased, "data-officer", OPEN, _STAY, note=True, after_terminal=True, history=False),
    # Routing. A body is judged by the dates of its acts, so it cannot date them back.
    _row(routing.TopicSuggested, ("desk", "router"), OPEN, _STAY, note=True),
    _row(routing.TopicAssigned, ("desk", "router"), OPEN, _STAY),
    _row(routing.AddresseeDetected, ("desk", "router"), OPEN, _STAY, note=True),
    _row(
        routing.Routed,
        ("desk", "router"),
        OPEN,
        Either("executor", "IN_WORK", "ROUTED"),
        expected=True,
        keeps_waiting=True,
    ),
    _row(
        routing.ExecutorChanged,
        "desk",
        ("AWAITING_DATA", *_WITH_A_BODY),
        "IN_WORK",
        expected=True,
        keeps_waiting=True,
    ),
    _row(routing.Assigned, "desk", ("TRANSFERRED", "AWAITING_DATA", *_WITH_A_BODY), _STAY, note=True),
    _row(routing.NoteAdded, ("desk", "oversight"), OPEN, _STAY, note=True, after_terminal=True),
    _row(routing.ForwardPrepared, "desk", OPEN, _STAY, note=True),
    _row(routing.ForwardApproved, "desk", OPEN, _STAY, note=True),
    _row(routing.Forwarded, "desk", OPEN, Either("external", "FORWARDED", "TRANSFERRED"), expected=True),
    _row(routing.ForwardedInPart, "desk", OPEN, _STAY, expected=True),
    _row(routing.Returned, "desk", OPEN, "RETURNED", expected=True),
    _row(
        routing.DataRequested,
        "desk",
        ("REGISTERED", "TRANSFERRED", "ROUTED", "IN_WORK"),
        "AWAITING_DATA",
        expected=True,
    ),
    _row(routing.DataProvided, ("channel", "desk"), "AWAITING_DATA", Resume("AWAITING_DATA"), back=_DAY),
    _row(routing.HearingScheduled, "desk", OPEN, _STAY, note=True),
    _row(routing.HearingHeld, "desk", OPEN, _STAY, note=True),
    _row(routing.HearingWaived, "desk", OPEN, _STAY, note=True),
    _row(routing.PreliminaryDecisionSent, "desk", OPEN, _STAY, note=True),
    _row(routing.DecisionPrepared, "desk", _WITH_A_BODY, "ON_APPROVAL", expected=True),
    _row(routing.DecisionApproved, "desk", "ON_APPROVAL", "ON_SIGNING", expected=True),
    _row(routing.DecisionDeclined, "desk", ("ON_APPROVAL", "ON_SIGNING"), "IN_WORK", expected=True),
    _row(routing.Answered, "desk", ("REGISTERED", "TRANSFERRED", *_WITH_A_BODY), "ANSWERED", expected=True),
    _row(routing.AnswerDelivered, ("channel", "desk"), "ANSWERED", _STAY, note=True),
    _row(routing.AnswerClarified, "desk", "ANSWERED", _STAY),
    _row(routing.AnswerCorrected, "desk", "ANSWERED", _STAY),
    _row(routing.LeftWithoutConsideration, "desk", OPEN, "NOT_CONSIDERED", expected=True),
    _row(routing.ReviewTerminated, "desk", OPEN, "TERMINATED", expected=True),
    _row(
        routing.Reopened,
        ("desk", "oversight"),
        ENDED,
        "TRANSFERRED",
        expected=True,
        where={"desk": "above"},
    ),
    # Deadlines. However late the clock finds them, a breach and the end of a term for data are dated at the due
    # instant, and the end of a pause at the event that ends it. Terms may run after the end. To set terms assumes no
    # sequence: its id names the event from which they count, so no other event makes it wrong.
    _row(deadlines.TermSet, "clock", OPEN, _STAY, term=True, after_terminal=True),
    _row(deadlines.TermResumed, "clock", OPEN, _STAY, term=True, expected=True, back=None, after_terminal=True),
    _row(deadlines.TermCorrected, "clock", OPEN, _STAY, term=True, expected=True, after_terminal=True),
    _row(deadlines.TermAnnulled, "clock", OPEN, _STAY, term=True, expected=True, after_terminal=True),
    _row(deadlines.ExtensionPrepared, "desk", OPEN, _STAY, note=True),
    _row(deadlines.ExtensionApproved, "desk", OPEN, _STAY, note=True),
    _row(deadlines.TermExtended, ("desk", "oversight"), OPEN, _STAY, term=True, expected=True, after_terminal=True),
    _row(deadlines.ExtensionDeclined, "desk", OPEN, _STAY, note=True),
    _row(deadlines.Warned, "clock", OPEN, _STAY, term=True, expected=True, after_terminal=True),
    _row(deadlines.Missed, "clock", OPEN, _STAY, term=True, expected=True, back=None, after_terminal=True),
    _row(deadlines.DataTermExpired, "clock", "AWAITING_DATA", "RETURNED", expected=True, back=None),
    # Oversight.
    _row(oversight.ControlTaken, "oversight", OPEN, _STAY, note=True),
    _row(oversight.ControlReleased, "oversight", OPEN, _STAY, note=True, after_terminal=True),
    _row(oversight.CourtNoted, ("oversight", "desk"), OPEN, _STAY, note=True, after_terminal=True),
    _row(oversight.CourtClosed, ("oversight", "desk"), OPEN, _STAY, note=True, after_terminal=True),
    _row(oversight.SanctionRecorded, "oversight", OPEN, _STAY, note=True, after_terminal=True),
)


def _by_version(row: Transition) -> dict[str, Transition]:
    """A row is valid for all versions of its type: a version changes only how the data are written."""
    name, _, version = row.type.rpartition(".v")
    return {f"{name}.v{earlier}": row for earlier in range(1, int(version) + 1)}


TABLE: dict[str, Transition] = {type: row for row in _ROWS for type, row in _by_version(row).items()}
"""The table: the row of every type in each of its versions."""


class Standing(NamedTuple):
    """An appeal's place in the life cycle.

    *resume* holds the states to go back to, the last one first. *opened* is the time of its registration, *sequence*
    the sequence of its last event, *material* that of its last material event, *termed* that of its last term event.
    """

    state: State = "NEW"
    resume: tuple[State, ...] = ()
    opened: datetime | None = None
    sequence: int = 0
    material: int = 0
    termed: int = 0


INITIAL = Standing()
"""The standing of an appeal without events."""


_DATED_AT_DUE = (deadlines.Missed, deadlines.DataTermExpired)


def find_violation(standing: Standing, subject: str, time: datetime, data: EventData) -> str | None:
    """The rule that this event would break in this *standing*; None when it is lawful."""
    row = TABLE[data.type]
    lawful = standing.state in row.source or (row.after_terminal and standing.state in TERMINAL)
    if not lawful:
        return f"{row.type} is not lawful in state {standing.state}"
    if standing.opened is not None and time < standing.opened:
        return "is dated before the appeal's registration"
    if isinstance(data, intake.DuplicateLinked) and not subject > data.of:
        return "a duplicate points from the larger number to the smaller"
    if isinstance(data, routing.Reopened) and data.decided > time:
        return "is decided after its time"
    if isinstance(data, routing.Reopened) and standing.opened is not None and data.decided < standing.opened:
        return "is decided before the appeal's registration"
    if isinstance(data, _DATED_AT_DUE) and time != max(data.due, standing.opened or time):
        return "is dated at its due instant, or at the registration if that is later"
    return None


def evolve(standing: Standing, type: str, time: datetime, data: EventData | None) -> Standing:
    """The standing after one more registered event. Never raises: an unknown type only advances the sequence."""
    sequence = standing.sequence + 1
    row = TABLE.get(type if data is None else data.type)
    if row is None or data is None:
        return standing._replace(sequence=sequence)
    state, resume = _target(standing, row, data)
    opened = time if standing.opened is None else standing.opened
    material = sequence if row.material else standing.material
    return Standing(state, resume, opened, sequence, material, sequence if row.term else standing.termed)


def _target(standing: Standing, row: Transition, data: EventData) -> tuple[State, tuple[State, ...]]:
    match row.target:
        case Stay():
            return standing.state, standing.resume
        case str(named):
            state = named
        case Resume(suspended):
            if standing.state != suspended or not standing.resume:
                return standing.state, standing.resume
            return standing.resume[0], standing.resume[1:]
        case Either(field, when_set, otherwise):
            state = when_set if getattr(data, field) else otherwise
    if standing.state in TERMINAL and not row.only_after_end:  # such an event changes no state after the end
        return standing.state, standing.resume
    if row.keeps_waiting and standing.state in SUSPENDING:
        return standing.state, (state, *standing.resume[1:])
    if state in SUSPENDING:
        return state, (standing.state, *standing.resume)
    return state, ()
