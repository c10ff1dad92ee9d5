"""The schema gate: breaking changes fail and name type and field; compatible changes may be written.

The old and new models are examples. The gate runs on a folder and on git, as in `make lint`.
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import pytest
from pydantic import Field, StringConstraints, create_model

from natija_events.schema import compatibility
from natija_events.schema.compatibility import compare, write
from natija_events.schema.generation import log_schema
from natija_events.schema.registry import REGISTRY
from natija_events.types.base import Count, EventData, Instant, NestedData
from natija_events.types.codes import Code

TYPE = "appeal.parcel-sent.v1"


class Box(NestedData):
    """The data of a test event."""

    size: Literal["small", "large"]
    weight: Count | None = None


class Parcel(EventData):
    """A parcel is on its way."""

    type: ClassVar[str] = TYPE

    to: Code
    how: Literal["post", "courier"] = "post"
    box: Box | None = None
    marks: tuple[Code, ...] = ()
    sent: Instant
    count: Count = 1


def changed(**fields: object) -> type[EventData]:
    """Parcel with *fields* added or changed: (annotation, default), or None for a removed field."""
    kept: dict[str, object] = {
        name: (Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation, field)
        for name, field in Parcel.model_fields.items()
        if name not in fields
    }
    given = {name: field for name, field in fields.items() if field is not None}
    model: type[EventData] = create_model("Parcel", __base__=EventData, __doc__=Parcel.__doc__, **(kept | given))  # type: ignore[call-overload]
    model.type = TYPE
    return model


def changed_box(**fields: object) -> type[EventData]:
    box = create_model("Box", __base__=NestedData, **{"size": (Box.model_fields["size"].annotation, ...), **fields})  # type: ignore[call-overload]
    return changed(box=(box | None, None))


BREAKS = {
    "a removed field": (changed(marks=None), "marks is removed"),
    "a removed field that was required": (changed(to=None), "to is removed"),
    "a removed field of a part": (changed_box(), "box.weight is removed"),
    "a new required field": (changed(by=(Code, ...)), "by is new and required: earlier events lack it"),
    "a new required field of a part": (
        changed_box(weight=(Count | None, None), depth=(Count, ...)),
        "box.depth is new and required: earlier events lack it",
    ),
    "a field that becomes required": (
        changed(count=(Count, ...)),
        "count is required now: earlier events may lack it",
    ),
    "a field that need no longer be there": (
        changed(to=(Code, "nobody")),
        "to is optional now: readers of an earlier version need it",
    ),
    "a field that may be null": (changed(to=(Code | None, ...)), "to changes its type from string to string or null"),
    "a field that may no longer be null": (
        changed(box=(Box, ...)),
        "box changes its type from object or null to object",
    ),
    "another type": (changed(count=(Code, "1")), "count changes its type from integer to string"),
    "another type in a list": (changed(marks=(tuple[Count, ...], ())), "marks[] changes its type"),
    "a part instead of a list": (changed(marks=(Box | None, None)), "marks changes its type from array to object or"),
    "a value more": (
        changed(how=(Literal["post", "courier", "drone"], "post")),
        "how gains the value 'drone': readers of an earlier version do not know it",
    ),
    "a value less": (changed(how=(Literal["post"], "post")), "how loses the value 'courier': earlier events may"),
    "a value more in a part": (
        changed_box(size=(Literal["small", "large", "huge"], ...), weight=(Count | None, None)),
        "box.size gains the value 'huge'",
    ),
    "a list of values that is closed": (changed(to=(Literal["me"], ...)), "to becomes a closed list"),
    "a list of values that is opened": (changed(how=(Code, "post")), "how is no longer a closed list"),
    "another default": (changed(count=(Count, 2)), "count changes its default from 1 to 2"),
    "a tighter limit": (
        changed(count=(Annotated[int, Field(ge=1, le=10)], 1)),
        "count changes its maximum from 1000000 to 10",
    ),
    "a wider limit": (
        changed(count=(Annotated[int, Field(ge=0, le=1_000_000)], 1)),
        "count changes its minimum from 1 to 0",
    ),
    "a limit less": (changed(count=(Annotated[int, Field(ge=1)], 1)), "count changes its maximum from 1000000 to noth"),
    "another pattern": (
        changed(to=(Annotated[str, StringConstraints(min_length=1, max_length=200, pattern="^x$")], ...)),
        "to changes its pattern from",
    ),
    "another format": (changed(sent=(str, ...)), 'sent changes its format from "date-time" to nothing'),
}

BREAKS_NOBODY = {
    "nothing": changed(),
    "an optional field": changed(by=(Code | None, None)),
    "an optional field with a default": changed(fragile=(bool, False)),
    "an optional part": changed(second_box=(Box | None, None)),
    "an optional field of a part": changed_box(weight=(Count | None, None), depth=(Count | None, None)),
    "a description": changed(to=(Code, Field(description="whom it is for", title="To whom", examples=["me"]))),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The schema of Parcel, checked in."""
    schemas = tmp_path / "schemas"
    write([Parcel], schemas)
    return schemas


@pytest.mark.parametrize("kind", BREAKS)
def test_breaking_change_is_found(kind: str, folder: Path) -> None:
    """A change that breaks a reader is reported with type and field."""
    model, told = BREAKS[kind]

    broken = compare([model], folder).broken

    field = told.split()[0]
    assert all(line.startswith(f"{TYPE}: {field} ") for line in broken), "one field, all the ways in which it breaks"
    assert any(line.startswith(f"{TYPE}: {told}") for line in broken), broken


@pytest.mark.parametrize("kind", BREAKS_NOBODY)
def test_compatible_change_is_stale_only(kind: str, folder: Path) -> None:
    model = BREAKS_NOBODY[kind]

    verdict = compare([model], folder)
    assert verdict.broken == []
    assert (verdict.stale == []) == (kind == "nothing")

    write([model], folder)
    assert compare([model], folder) == ([], [])


def test_removed_type_breaks_readers(folder: Path) -> None:
    """A removed type breaks readers of the log; a new type breaks none."""
    assert compare([], folder).broken == [f"{TYPE}: its model is removed, but the log has its events"]

    other = changed()
    other.type = "appeal.parcel-lost.v1"
    verdict = compare([Parcel, other], folder)
    assert verdict == ([], ["appeal.parcel-lost.v1: differs from its model"])


def test_several_breaks_are_all_told(folder: Path) -> None:
    broken = compare([changed(to=None, marks=None, by=(Code, ...))], folder).broken

    assert len(broken) == 3


def test_edited_schema_is_found(folder: Path) -> None:
    file = folder / f"{TYPE}.json"
    text = file.read_text()

    file.write_text(text.replace('"courier"', '"pigeon"'))
    assert len(compare([Parcel], folder).broken) == 2

    file.write_text(text.replace("A parcel is on its way", "A parcel"))
    assert compare([Parcel], folder).stale == [f"{TYPE}: differs from its model"]

    file.write_text("{")
    assert compare([Parcel], folder).broken == [f"{TYPE}: its schema is not JSON"]


@pytest.fixture
def committed(folder: Path) -> Path:
    """The same, committed to git."""
    _git(folder.parent, "init", "-q")
    _commit(folder.parent)
    return folder


def test_edited_model_and_schema_are_found(committed: Path) -> None:
    """git has the earlier schema, so editing both does not get around the gate."""
    broken = changed(marks=None)

    write([broken], committed)
    assert compare([broken], committed).broken == [f"{TYPE}: marks is removed"]

    _commit(committed.parent)
    assert compare([broken], committed).broken == [f"{TYPE}: marks is removed"], "committing does not heal it"


def test_committed_field_stays_forever(committed: Path) -> None:
    write([changed(by=(Code | None, None))], committed)
    _commit(committed.parent)

    assert compare([changed(by=(Code | None, None))], committed) == ([], [])
    assert compare([Parcel], committed).broken == [f"{TYPE}: by is removed"]


def test_schema_before_fixed_commit_is_free(committed: Path) -> None:
    """Only the schemas of the fixed commit and after it bind, also those that no later commit touched."""
    broken = changed(marks=None)
    write([broken], committed)
    _commit(committed.parent)
    since = _git(committed.parent, "rev-parse", "HEAD").decode().strip()

    assert compare([broken], committed, since) == ([], [])
    (committed / f"{TYPE}.json").unlink()
    assert compare([changed(marks=None, to=None)], committed, since).broken == [f"{TYPE}: to is removed"]
    assert compare([Parcel], committed, None) == ([], [f"{TYPE}: differs from its model"])


def test_deleted_schema_is_found_in_git(committed: Path) -> None:
    (committed / f"{TYPE}.json").unlink()

    assert compare([], committed).broken == [f"{TYPE}: its model is removed, but the log has its events"]


def test_command_names_type_and_field(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    schemas = _copy_of_the_real_ones(folder)
    file = schemas / "appeal.routed.v1.json"
    file.write_text(file.read_text().replace('"executor"', '"official"'))

    assert compatibility.main([], schemas, since="") == 1
    told = capsys.readouterr().err
    assert "appeal.routed.v1: official is removed\n" in told
    assert "add a version vN+1 with an upcast" in told

    assert compatibility.main(["--write"], schemas, since="") == 1
    assert '"official"' in file.read_text(), "a change that breaks is not written"


def test_command_writes_compatible_schemas(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    schemas = _copy_of_the_real_ones(folder)
    (schemas / "appeal.routed.v1.json").unlink()
    text = (schemas / "appeal.missed.v1.json").read_text()
    (schemas / "appeal.missed.v1.json").write_text(text.replace("The term ended", "The time ended"))

    assert compatibility.main([], schemas, since="") == 1
    assert "appeal.routed.v1: differs from its model" in (told := capsys.readouterr().err)
    assert "run python -m natija_events.schema.compatibility --write" in told

    assert compatibility.main(["--write"], schemas, since="") == 0
    assert capsys.readouterr().out == f"2 of {len(REGISTRY.models)} schemas written\n"
    assert compatibility.main([], schemas, since="") == 0
    assert (schemas / "appeal.missed.v1.json").read_text() == text


def test_checked_in_schemas_equal_models(capsys: pytest.CaptureFixture[str]) -> None:
    assert compatibility.main([]) == 0, capsys.readouterr().err


def _copy_of_the_real_ones(folder: Path) -> Path:
    return Path(shutil.copytree(compatibility.FOLDER, folder.with_name("real")))


def _git(folder: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True).stdout


def _commit(folder: Path) -> None:
    _git(folder, "add", "-A")
    _git(folder, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "schemas")


def test_schema_has_descriptions() -> None:
    schema = log_schema(Parcel)

    assert schema["$id"] == f"urn:natija:{TYPE}"
    assert schema["description"] == "A parcel is on its way."
    assert json.dumps(schema)
