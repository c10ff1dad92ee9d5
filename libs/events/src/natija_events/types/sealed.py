"""Sealed fields of event data: they hold a plain value until they are sealed, and no plain value is ever written.

A publisher sets plain values. `seal_data` seals all of an event's data. Then JSON can be written of it. To read JSON
with a plain value breaks the schema.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Annotated, Any, ClassVar, NamedTuple, Self, TypeVar, Union, get_args

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, StringConstraints, ValidationError
from pydantic_core import core_schema

from natija_events.sealing.data_key import NONCE_BYTES, TAG_BYTES, DataKey, Place, SealedValue, Unsealable
from natija_events.sealing.padding import is_padded, pad
from natija_events.types.unknown_fields import unknown_field_rule

_Data = TypeVar("_Data", bound=BaseModel)

PlainText = Annotated[str, StringConstraints(min_length=1)]
"""Text of or about a person, in any form."""


class Plain(BaseModel):
    """A value before it is sealed. It is sealed whole, padded to one of *sizes* (bytes)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    sizes: ClassVar[tuple[int, ...]]
    places: ClassVar[Mapping[str, str]] = {}
    """Where a field stands in the clear form of an event, if not under its own name: see `types.clear_form`."""

    def to_padded(self) -> bytes:
        """Its JSON, padded. Raises ValueError when it is too long."""
        return pad(self.model_dump_json(exclude_none=True).encode(), self.sizes)

    @classmethod
    def from_padded(cls, padded: bytes) -> Self:
        """The value in *padded*. Raises ValueError for anything that `to_padded` could not have written."""
        if not is_padded(padded, cls.sizes):
            raise ValueError("is not padded to the next size")
        return cls.model_validate_json(padded, strict=True)


_Plain = TypeVar("_Plain", bound=Plain)


class SealedWrong(ValueError):
    """The sealed value *field* breaks a *rule*. Neither holds its text."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule


class SealedField(NamedTuple):
    """A sealed field: the model of its *plain* value, and whether every event of the type has it."""

    plain: type[Plain]
    always: bool


class _SealedSchema:
    """JSON holds a sealed value, Python may hold the plain one."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        plain = get_args(source)[0]
        sealed = core_schema.no_info_after_validator_function(
            _checked_length(plain), handler.generate_schema(SealedValue)
        )
        return core_schema.json_or_python_schema(
            json_schema=sealed,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(plain), sealed]),
            serialization=core_schema.wrap_serializer_function_ser_schema(_write, schema=sealed),
        )


Sealed = Annotated[Union[_Plain, SealedValue], _SealedSchema()]  # noqa: UP007 - an alias with a parameter
"""A sealed field: `Sealed[Person]` holds a `Person` until it is sealed."""


@cache
def sealed_fields(model: type[BaseModel]) -> Mapping[str, SealedField]:
    """The sealed fields of *model*, by name."""
    found = {}
    for name, field in model.model_fields.items():
        plain = next(
            (one for one in _parts(field.annotation) if isinstance(one, type) and issubclass(one, Plain)), None
        )
        if plain is not None:
            found[name] = SealedField(plain, always=field.get_default() is not None)
    return found


def plain_values(data: BaseModel) -> Mapping[str, Plain]:
    """The values of *data* that are still to be sealed, by field."""
    values = data.__dict__
    return {name: value for name in sealed_fields(type(data)) if isinstance(value := values[name], Plain)}


def sealed_values(data: BaseModel) -> Mapping[str, SealedValue]:
    """The values of *data* that are sealed, by field."""
    values = data.__dict__
    return {name: value for name in sealed_fields(type(data)) if isinstance(value := values[name], SealedValue)}


def seal_data(data: _Data, key: DataKey, place: Place) -> _Data:
    """*data*, all its values sealed under *key*. The field of *place* is not used. Raises `SealedWrong`."""
    sealed = {}
    for name, plain in plain_values(data).items():
        try:
            sealed[name] = key.seal(place._replace(field=name), plain.to_padded())
        except ValueError as error:
            raise SealedWrong(name, str(error)) from None
    return data.model_copy(update=sealed) if sealed else data


def open_data(data: BaseModel, key: DataKey, place: Place) -> Mapping[str, Plain]:
    """The plain values of *data*, by field. The field of *place* is not used. Raises `SealedWrong`."""
    opened = {}
    fields = sealed_fields(type(data))
    for name, value in sealed_values(data).items():
        try:
            opened[name] = fields[name].plain.from_padded(key.open(place._replace(field=name), value))
        except Unsealable as error:
            raise SealedWrong(name, f"does not open: {error}") from None
        except ValidationError as error:
            raise _wrong(name, fields[name].plain, error) from None
        except ValueError as error:
            raise SealedWrong(name, str(error)) from None
    return opened


def _wrong(name: str, plain: type[Plain], error: ValidationError) -> SealedWrong:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] == "extra_forbidden":
        return SealedWrong(name, unknown_field_rule(plain, first["loc"]))
    return SealedWrong(".".join(map(str, (name, *first["loc"]))), first["msg"].removeprefix("Value error, "))


def _write(value: Any, write: Callable[[Any], Any]) -> Any:
    if isinstance(value, Plain):
        raise ValueError("a plain value cannot be written: seal it first, as Publisher.event does")
    return write(value)


def _checked_length(plain: type[Plain]) -> Callable[[SealedValue], SealedValue]:
    lengths = frozenset(sealed_lengths(plain))

    def check(value: SealedValue) -> SealedValue:
        if len(value.ct) not in lengths:
            raise ValueError("has another length than padded values have")
        return value

    return check


def sealed_lengths(plain: type[Plain]) -> tuple[int, ...]:
    """The lengths that the text of a sealed value may have, in characters of base64url."""
    return tuple(-(-8 * (NONCE_BYTES + size + TAG_BYTES) // 6) for size in plain.sizes)


def _parts(annotation: object) -> Iterator[object]:
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)
