"""Which model reads the data of which type, and how data of an older version become data of the newest.

A type's newest version is the one that folds and projections see; `decode` takes every version there, on every path
that reads the log. Admission takes each version that has a model.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import to_json

from natija_events import strict_json
from natija_events.types import deadlines, intake, oversight, routing
from natija_events.types.base import EventData

Upcast = Callable[[dict[str, Any]], dict[str, Any]]


class Invalid(ValueError):
    """Data that break their schema. *field* is the path to what is wrong, *rule* what it breaks; never its value."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule


class _Step(NamedTuple):
    to: str
    upcast: Upcast


class EventRegistry:
    """The types of events: their models and the steps from version to version."""

    def __init__(self, models: Iterable[type[EventData]]) -> None:
        self.models: dict[str, type[EventData]] = {}
        self._steps: dict[str, _Step] = {}
        for model in models:
            self.add(model)

    def add(
        self, model: type[EventData], replaces: type[EventData] | None = None, upcast: Upcast | None = None
    ) -> None:
        """Add *model*; when it *replaces* an older version, *upcast* makes the new data of the old.

        Raises ValueError for a type that is another model's already.
        """
        if self.models.setdefault(model.type, model) is not model:
            raise ValueError(f"{model.type}: two models")
        if replaces is not None and upcast is not None:
            self._steps[replaces.type] = _Step(model.type, upcast)

    def admit(self, type: str, data: bytes) -> EventData:
        """The data of a proposal, strictly as its own version has them, in the type's newest version as `decode` gives
        them. Unknown fields are refused. Raises `Invalid`."""
        model = self.models.get(type)
        if model is None:
            raise Invalid("type", "is not a type of this contract")
        try:
            admitted = model.model_validate_json(data, strict=True, extra="forbid")
        except ValidationError as error:
            raise _invalid(error) from None
        if type in self._steps:
            return self._newest(type, data)
        return admitted

    def decode(self, type: str, data: bytes) -> EventData | None:
        """The data of a registered event in its newest version; None for a type that this reader does not know.

        Raises `Invalid` when what is registered does not fit its own schema: that is a fault of the register.
        """
        if type in self._steps:
            return self._newest(type, data)
        model = self.models.get(type)
        if model is None:
            return None
        try:
            return model.model_validate_json(data)
        except ValidationError as error:
            raise _invalid(error) from None

    def _newest(self, type: str, data: bytes) -> EventData:
        try:
            values = strict_json.parse(data)
            while step := self._steps.get(type):
                type, values = step.to, step.upcast(values)
            return self.models[type].model_validate_json(to_json(values))
        except ValidationError as error:
            raise _invalid(error) from None
        except Exception as error:  # an upcast that fails once fails always: the event's fault, not an outage
            raise Invalid("data", f"cannot be made {type}: {error.__class__.__name__}") from None


def _invalid(error: ValidationError) -> Invalid:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    path = ".".join(str(step) for step in first["loc"])
    if first["type"] == "extra_forbidden":
        # The name of a field nobody knows may be anything, also a person's name.
        parent = path.rpartition(".")[0]
        return Invalid(parent or "data", "has a field that is not of this contract")
    return Invalid(path or "data", first["msg"].removeprefix("Value error, "))


def models_of(module: object) -> list[type[EventData]]:
    """The types of events a module defines, in its order."""
    return [
        model
        for model in vars(module).values()
        if isinstance(model, type) and issubclass(model, EventData) and model is not EventData
    ]


OWNERS = {"intake": intake, "routing": routing, "deadlines": deadlines, "oversight": oversight}
"""Who owns which types: the module they stand in."""

REGISTRY = EventRegistry(model for module in OWNERS.values() for model in models_of(module))
"""The contract's types. Whoever reads the log reads it through this one."""
