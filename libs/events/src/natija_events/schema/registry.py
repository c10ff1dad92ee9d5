"""The registry of event types: the model of each type and version, and the upcasts from version to version.

Folds and projections see only the newest version of a type: on every path that reads the log, `decode` upcasts the
older ones. Admission accepts every version that has a model.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import to_json

from natija_events import strict_json
from natija_events.types import deadlines, intake, oversight, routing
from natija_events.types.base import EventData
from natija_events.types.sealed import plain_values
from natija_events.types.unknown_fields import unknown_field_rule

_MOST_ERRORS = 100
"""Of more errors none is told: pydantic would build them all, which takes seconds and memory."""

Upcast = Callable[[dict[str, Any]], dict[str, Any]]


class Invalid(ValueError):
    """Data that break their schema: *field* is the path of the wrong field, *rule* the rule it breaks; no values."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule


class _NextVersion(NamedTuple):
    type: str
    upcast: Upcast


class EventRegistry:
    """Event types by name: their models, and the upcast of each older version to the next."""

    def __init__(self, models: Iterable[type[EventData]]) -> None:
        self.models: dict[str, type[EventData]] = {}
        self._next: dict[str, _NextVersion] = {}
        for model in models:
            self.add(model)

    def add(
        self, model: type[EventData], replaces: type[EventData] | None = None, upcast: Upcast | None = None
    ) -> None:
        """Add *model*. When it *replaces* an older version, *upcast* turns the old data into the new.

        Raises ValueError for a type that has another model already.
        """
        if self.models.setdefault(model.type, model) is not model:
            raise ValueError(f"{model.type}: two models")
        if replaces is not None and upcast is not None:
            self._next[replaces.type] = _NextVersion(model.type, upcast)

    def admit(self, type: str, data: bytes) -> EventData:
        """The data of a proposal, checked strictly against its own version, then upcast to the newest as in `decode`.

        Raises `Invalid`, also for unknown fields.
        """
        model = self.models.get(type)
        if model is None:
            raise Invalid("type", "is not an event type of this contract")
        try:
            admitted = model.model_validate_json(data, strict=True, extra="forbid")
        except ValidationError as error:
            raise _invalid(model, error) from None
        for name in plain_values(admitted):
            raise Invalid(name, "Field required")
        if type in self._next:
            return self._newest(type, data)
        return admitted

    def decode(self, type: str, data: bytes) -> EventData | None:
        """The data of a registered event in the newest version of its type; None for an unknown type.

        Raises `Invalid` when registered data break their own schema, which is an error of the register.
        """
        if type in self._next:
            return self._newest(type, data)
        model = self.models.get(type)
        if model is None:
            return None
        try:
            return model.model_validate_json(data, extra="ignore")
        except ValidationError as error:
            raise _invalid(model, error) from None

    def _newest(self, type: str, data: bytes) -> EventData:
        try:
            values = strict_json.parse(data)
            while newer := self._next.get(type):
                type, values = newer.type, newer.upcast(values)
            return self.models[type].model_validate_json(to_json(values), extra="ignore")
        except ValidationError as error:
            raise _invalid(self.models[type], error) from None
        except Exception as error:  # an upcast that fails once fails always: this is not an outage
            raise Invalid("data", f"cannot be upcast to {type}: {error.__class__.__name__}") from None


def _invalid(model: type[EventData], error: ValidationError) -> Invalid:
    if error.error_count() > _MOST_ERRORS:
        return Invalid("data", f"breaks more than {_MOST_ERRORS} rules: is it the data of another type?")
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    path = ".".join(str(step) for step in first["loc"])
    if first["type"] == "extra_forbidden":
        parent = path.rpartition(".")[0]
        return Invalid(parent or "data", unknown_field_rule(model, first["loc"]))
    return Invalid(path or "data", first["msg"].removeprefix("Value error, "))


def models_of(module: object) -> list[type[EventData]]:
    """The event types that a module defines, in its order."""
    return [
        model
        for model in vars(module).values()
        if isinstance(model, type) and issubclass(model, EventData) and model is not EventData
    ]


OWNERS = {"intake": intake, "routing": routing, "deadlines": deadlines, "oversight": oversight}
"""The owners of event types, each with its module."""

REGISTRY = EventRegistry(model for module in OWNERS.values() for model in models_of(module))
"""The types of the contract. Every reader of the log uses this registry."""
