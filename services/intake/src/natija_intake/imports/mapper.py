"""From rows to events: a mapping bound to the header of a file."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import ValidationError

from natija_chassis.time_zones import time_zone
from natija_events.ids import derived_appeal_number, derived_event_id
from natija_events.sealing.data_key import Place
from natija_events.sealing.wrapping import ProposalKey, RealmPublicKey
from natija_events.types.base import EventData
from natija_events.types.clear_form import from_clear_form, personal_fields
from natija_events.types.codes import normalize_word
from natija_events.types.sealed import SealedWrong, seal_data
from natija_events.wire.envelope import Event
from natija_events.wire.values import Unreadable, check_time
from natija_intake.imports.local_times import LocalTimes
from natija_intake.imports.mapping import RegisterMapping
from natija_intake.imports.sources import (
    Cell,
    Const,
    ListSource,
    ObjectSource,
    SealedCell,
    Source,
    Time,
    columns_by_path,
)


class Unmappable(Exception):
    """A row that is not a valid proposal: *field* breaks *rule*, in *column* if one is the cause. It holds no value."""

    def __init__(self, column: str, field: str, rule: str, number: str = "") -> None:
        super().__init__(f"{field}: {rule}")
        self.column = column
        self.field = field
        self.rule = rule
        self.number = number


class MappedRow(NamedTuple):
    """The content of a row: the appeal's *number*, its *events*, and their indexes in the mapping."""

    number: str
    events: tuple[Event, ...]
    indices: tuple[int, ...]


class RowContext(NamedTuple):
    """A row while it is read: its cells, blanks stripped, the appeal it is of, the key of its sealed values, and the
    columns with unmapped values."""

    cells: Sequence[str]
    number: str
    key: ProposalKey
    unmapped: set[str]


Reader = Callable[[RowContext], Any]
"""Reads a value from a row; None where it is blank."""


_normalized = lru_cache(maxsize=8192)(normalize_word)
"""A register repeats the same few names in every row."""


class _BoundEvent(NamedTuple):
    """An event of the mapping, bound to a header: its columns are places in a row."""

    model: type[EventData]
    time: int
    when: int | None
    read: Reader
    columns: dict[str, str]
    """The column behind each field, by dotted path."""

    def sealed_column(self, field: str) -> str:
        """The column behind a sealed *field* of the event; "" when it has several."""
        personal = personal_fields(self.model)
        found = {self.columns[path] for path in self.columns if path in personal and personal[path].field == field}
        return found.pop() if len(found) == 1 else ""


class Mapper:
    """Maps the rows of one file. *unmapped* counts, per column, the rows with a value that its map does not know."""

    def __init__(self, mapping: RegisterMapping, header: Sequence[str], realm: str, realm_key: RealmPublicKey) -> None:
        self.unmapped: Counter[str] = Counter()
        self._mapping = mapping
        self._realm = realm
        self._realm_key = realm_key
        self._header = header
        self._place = {column: index for index, column in enumerate(header)}
        self._instant = LocalTimes(time_zone(mapping.zone), mapping.time_format).instant
        self._added = {"jurisdiction": mapping.jurisdiction, "register_name": mapping.register_name}
        self._events = [self._bind(index) for index in range(len(mapping.events))]

    def map(self, cells: Sequence[str]) -> MappedRow:
        """The events of a row. Raises `Unmappable`."""
        if len(cells) != len(self._header):
            raise Unmappable("", "row", f"has {len(cells)} columns, not {len(self._header)}")
        cells = [cell.strip() for cell in cells]
        external_id = normalize_word(cells[self._place[self._mapping.external_id]])
        if not external_id:
            raise Unmappable(self._mapping.external_id, "external_id", "is blank")
        try:
            number = derived_appeal_number(self._realm, self._mapping.register_name, external_id)
        except UnicodeEncodeError:
            raise Unmappable(self._mapping.external_id, "external_id", "is not text in the encoding") from None
        row = RowContext(cells, number, self._realm_key.new_key(number), set())
        due = [index for index, bound in enumerate(self._events) if bound.when is None or cells[bound.when]]
        events = tuple(self._event(index, row, external_id) for index in due)
        self.unmapped.update(row.unmapped)
        return MappedRow(number, events, tuple(due))

    def column_of(self, mapped: MappedRow, field: str) -> str:
        """The column behind a *field* of the proposal as the registrar names it; "" where none is."""
        index, _, path = field.rpartition("]")
        bound = self._events[mapped.indices[int(index[1:]) if index else 0]]
        # What is unlawful has no field; it is the date that a register's row can have wrong.
        time = self._header[bound.time]
        return bound.columns.get(
            path.removeprefix("."), time if path in (".type", "type", ".source", "source", ".time", "time") else ""
        )

    def _event(self, index: int, row: RowContext, external_id: str) -> Event:
        bound, source = self._events[index], self._mapping.source
        try:
            time = self._time(row, bound.time)
            if time is None:
                raise Unmappable(self._header[bound.time], "time", "is blank")
            values = from_clear_form(bound.read(row) or {}, bound.model)
            if index == 0:
                values |= self._added | {"external_id": external_id}
            data = bound.model.model_validate(values)
            id = derived_event_id(row.number, bound.model.type, str(index))
            data = seal_data(data, row.key.data_key, Place(self._realm, row.number, source, id, data.type, ""))
        except Unmappable as error:
            raise Unmappable(error.column, f"{bound.model.type} {error.field}", error.rule, row.number) from None
        except ValidationError as error:
            raise self._invalid(bound, error, row.number) from None
        except SealedWrong as error:
            column = bound.sealed_column(error.field)
            raise Unmappable(column, f"{bound.model.type} {error.field}", error.rule, row.number) from None
        return Event(
            id=id,
            source=source,
            type=bound.model.type,
            subject=row.number,
            time=time,
            data=data.model_dump_json(exclude_none=True).encode(),
            wrappedkey=row.key.wrapped,
        )

    def _invalid(self, bound: _BoundEvent, error: ValidationError, number: str) -> Unmappable:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        path = ".".join(str(step) for step in first["loc"])
        column = self._mapping.external_id if path == "external_id" else bound.columns.get(path, "")
        field = f"{bound.model.type} {path}" if path else bound.model.type
        return Unmappable(column, field, first["msg"].removeprefix("Value error, "), number)

    def _bind(self, index: int) -> _BoundEvent:
        event, data = self._mapping.events[index], self._mapping.data(index)
        return _BoundEvent(
            model=self._mapping.model(index),
            time=self._place[event.time],
            when=None if event.when is None else self._place[event.when],
            read=self._reader(data, ""),
            columns=dict(columns_by_path(data)),
        )

    def _reader(self, source: Source, path: str) -> Reader:
        match source:
            case Const(const=value):
                return lambda row: value
            case Cell():
                return self._cell(source)
            case Time(time=column):
                place = self._place[column]
                return lambda row: self._time(row, place)
            case SealedCell(sealed=column):
                return self._text(self._place[column], path)
            case ListSource(items):
                readers = [self._reader(item, f"{path}.{index}") for index, item in enumerate(items)]
                return lambda row: [value for read in readers if (value := read(row)) is not None] or None
            case ObjectSource():
                return self._part(source, path)

    def _cell(self, source: Cell) -> Reader:
        place, default, otherwise = self._place[source.column], source.default, source.otherwise
        if source.map is None:
            return lambda row: _normalized(row.cells[place]) or default
        known = {_normalized(name): value for name, value in self._mapping.values[source.map].items()}

        def read(row: RowContext) -> Any:
            value = _normalized(row.cells[place])
            if not value:
                return default
            if value in known:
                return known[value]
            row.unmapped.add(source.column)
            return value if otherwise is None else otherwise

        return read

    def _text(self, place: int, path: str) -> Reader:
        """Reads personal text as it stands. It is sealed with the whole event."""

        def read(row: RowContext) -> Any:
            try:
                row.cells[place].encode()
            except UnicodeEncodeError:
                raise Unmappable(self._header[place], path, "is not text in the encoding") from None
            return row.cells[place] or None

        return read

    def _part(self, source: ObjectSource, path: str) -> Reader:
        """A part is there when a column of it is filled, or when it has none."""
        readers = [
            (name, self._reader(inner, f"{path}.{name}" if path else name)) for name, inner in source.fields.items()
        ]
        fixed = {name for name, inner in source.fields.items() if isinstance(inner, Const)}
        always = not path or len(fixed) == len(source.fields)

        def read(row: RowContext) -> Any:
            values = {name: value for name, read in readers if (value := read(row)) is not None}
            return values if always or not fixed.issuperset(values) else None

        return read

    def _time(self, row: RowContext, place: int) -> datetime | None:
        text = row.cells[place]
        if not text:
            return None
        try:
            time = self._instant(text)
            check_time(time)
        except Unreadable as error:
            raise Unmappable(self._header[place], "time", error.rule) from None
        except ValueError as error:
            raise Unmappable(self._header[place], "time", str(error)) from None
        return time
