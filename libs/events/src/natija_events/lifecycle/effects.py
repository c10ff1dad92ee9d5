"""Effects: the changes of each event to its appeal, beside the state. The fold applies them; `lifecycle.json` has them.

A row names fields of the appeal. Each effect gives the new value of its field. Terms have a fold of their own.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from natija_events.types import intake, oversight, routing
from natija_events.types.base import EventData


class Copy(NamedTuple):
    """The value of a *field* of the data."""

    field: str


class Constant(NamedTuple):
    """This *value*, whatever the data say."""

    value: str | bool | tuple[()] | None


class Add(NamedTuple):
    """The list with one more item, at its end and only once: the value of the *fields* of the data.

    Several fields make an item of several values.
    """

    fields: tuple[str, ...]


class Remove(NamedTuple):
    """The list without the item that the *fields* of the data give."""

    fields: tuple[str, ...]


Effect = Copy | Constant | Add | Remove
Effects = Mapping[str, Effect]
"""The effects of one event type, by field of the appeal."""


def unversioned(type: str) -> str:
    """The *type* without its version."""
    return type.rpartition(".v")[0]


_OPENED = (
    "kind", "country_type", "form", "channel", "received", "region", "topic", "addressee", "parent", "complaint_of",
    "register_name", "external_id",
)  # fmt: skip
_CASE = ("court", "case_number")
_NOBODY: Effects = {"executor": Constant(None), "assigned": Constant(())}

_BY_MODEL: Mapping[type[EventData], Effects] = {
    intake.Registered: {name: Copy(name) for name in _OPENED},
    intake.RepeatLinked: {"repeat_of": Copy("of")},
    intake.DuplicateLinked: {"duplicate_of": Copy("of")},
    intake.DuplicateUnlinked: {"duplicate_of": Constant(None)},
    intake.ComplaintFiled: {"complaints": Add(("complaint",))},
    intake.PersonErased: {"erased": Constant(True)},
    intake.Withdrawn: {"outcome": Constant("withdrawn")},
    routing.TopicAssigned: {"topic": Copy("topic")},
    routing.Routed: {"body": Copy("body"), "executor": Copy("executor"), "assigned": Constant(())},
    routing.ExecutorChanged: {"executor": Copy("executor"), "assigned": Constant(())},
    routing.Assigned: {"assigned": Add(("post",))},
    routing.Forwarded: {"body": Copy("body"), **_NOBODY},
    routing.ForwardedInPart: {"children": Add(("child",))},
    routing.Answered: {"outcome": Copy("outcome")},
    routing.LeftWithoutConsideration: {"outcome": Constant("not_considered")},
    routing.ReviewTerminated: {"outcome": Constant("terminated")},
    # What the void end and its body had decided is gone.
    routing.Reopened: {"body": Copy("body"), "outcome": Constant(None), "reopened": Copy("decided"), **_NOBODY},
    oversight.ControlTaken: {"on_control": Constant(True)},
    oversight.ControlReleased: {"on_control": Constant(False)},
    oversight.CourtNoted: {"court_cases": Add(_CASE)},
    oversight.CourtClosed: {"court_cases": Remove(_CASE)},
}

EFFECTS: Mapping[str, Effects] = {unversioned(model.type): effects for model, effects in _BY_MODEL.items()}
"""The effects of each event type, without its version: data are read in the newest. A type without a row has none."""


def changed_fields(appeal: object, data: EventData) -> dict[str, Any]:
    """The fields of an *appeal* that an event with *data* changes, with their new values."""
    effects = EFFECTS.get(unversioned(data.type), {})
    return {name: _value(effect, getattr(appeal, name), data) for name, effect in effects.items()}


def _value(effect: Effect, before: Any, data: EventData) -> Any:
    match effect:
        case Copy(field):
            return getattr(data, field)
        case Constant(value):
            return value
    values = tuple(getattr(data, field) for field in effect.fields)
    item = values if len(values) > 1 else values[0]
    others = tuple(one for one in before if one != item)
    return (*others, item) if isinstance(effect, Add) else others
