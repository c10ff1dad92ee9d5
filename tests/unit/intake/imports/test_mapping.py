"""A mapping is checked before a row is read, and what is wrong is named by its key."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from natija_chassis.realm.yaml_file import FileError
from natija_intake.imports import mapping, mapping_check
from natija_intake.imports.sources import MappingError

RIGHT: dict[str, Any] = {
    "register": "streets",
    "jurisdiction": "KG",
    "external_id": "id",
    "zone": "Asia/Bishkek",
    "values": {"channel": {"by mail": "post"}},
    "events": [
        {
            "type": "appeal.registered.v1",
            "time": "came",
            "data": {
                "kind": {"const": "complaint"},
                "form": {"const": "written"},
                "channel": {"column": "how", "map": "channel"},
                "received": {"time": "came"},
                "text": {"sealed": "text"},
                "applicant": {"name": {"sealed": "name"}},
            },
        },
        {"type": "appeal.routed.v1", "time": "came", "when": "body", "data": {"body": "body"}},
    ],
}


def changed(key: str, value: Any) -> dict[str, Any]:
    """`RIGHT` with *value* at the dotted *key*; None takes the key away."""
    raw = deepcopy(RIGHT)
    place: Any = raw
    *path, last = key.split(".")
    for step in path:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return raw


def test_examples_are_valid() -> None:
    for path in (Path(__file__).resolve().parents[4] / "examples").glob("*.yaml"):
        if "events:" in path.read_text():
            assert mapping_check.check(mapping.load_mapping(path)).columns()


def test_mapping_lists_its_columns() -> None:
    assert mapping_check.check(mapping.parse(RIGHT)).columns() == {"id", "came", "how", "text", "name", "body"}


@pytest.mark.parametrize(
    ("key", "value", "named", "rule"),
    [
        ("register", "No Name", "register", "pattern"),
        ("register", None, "register", "required"),
        ("zone", "Mars/Base", "zone", "not a time zone"),
        ("zone", "", "zone", "not a time zone"),
        ("time_format", "%H:%M", "time_format", "whole date"),
        ("encoding", "runes", "encoding", "is not an encoding"),
        ("separator", ";", "separator", "Extra inputs"),
        ("delimiter", ";;", "delimiter", "at most 1"),
        ("events", [], "events", "at least 1"),
        ("events.0.type", "appeal.sung.v1", "events.0.type", "is not an event type"),
        ("events.0.type", "appeal.routed.v1", "events.0.type", "must be the first"),
        ("events.1.type", "appeal.registered.v1", "events.1.type", "must be the first"),
        ("events.0.when", "body", "events.0.when", "every row opens an appeal"),
        ("events.0.time", None, "events.0.time", "required"),
        ("events.0.data.kind", None, "events.0.data.kind", "is required"),
        ("events.0.data.kind", {"const": "song"}, "events.0.data.kind.const", "Input should be"),
        ("events.0.data.colour", "how", "events.0.data.colour", "is not a field"),
        ("events.0.data.external_id", "id", "events.0.data.external_id", "is set by the head"),
        ("events.0.data.text", "text", "events.0.data.text", "is personal"),
        ("events.0.data.received", "came", "events.0.data.received", "is an instant"),
        ("events.0.data.channel", {"time": "came"}, "events.0.data.channel", "use const: VALUE or column: COLUMN"),
        ("events.0.data.channel", {"sealed": "how"}, "events.0.data.channel", "use const: VALUE or column: COLUMN"),
        (
            "events.0.data.channel",
            {"column": "how", "map": "x"},
            "events.0.data.channel.map",
            "there is no map values.x",
        ),
        ("events.0.data.channel", {"column": "how", "mapp": "x"}, "events.0.data.channel.mapp", "Extra inputs"),
        (
            "events.0.data.channel",
            {"column": "how", "otherwise": "x"},
            "events.0.data.channel.otherwise",
            "needs a map",
        ),
        ("events.0.data.channel", {"column": "how", "default": ""}, "events.0.data.channel.default", "at least 1"),
        ("events.0.data.channel", 7, "events.0.data.channel", "is not a source"),
        ("values.channel", {"by mail": ""}, "values.channel.by mail", "at least 1"),
        ("values.channel", {False: "x"}, "values", "channel: YAML reads a key as False: put it in quotes"),
        ("events.0.data.applicant", "name", "events.0.data.applicant", "an object is expected"),
        ("events.0.data.applicant", {"name": "name"}, "events.0.data.applicant.name", "is personal"),
        ("events.0.data.applicant", {"nick": "name"}, "events.0.data.applicant.nick", "is not a field"),
        ("events.1.data.co_executors", "body", "events.1.data.co_executors", "a list is expected"),
        ("events.1.data.co_executors", [{"time": "came"}], "events.1.data.co_executors.0", "use const"),
    ],
)
def test_error_names_the_key(key: str, value: Any, named: str, rule: str) -> None:
    with pytest.raises(MappingError) as refused:
        mapping_check.check(mapping.parse(changed(key, value)))
    assert refused.value.key == named
    assert rule in str(refused.value)


@pytest.mark.parametrize("text", ["events: [", "- a list", "", "\xff\xfe"])
def test_other_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "map.yaml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises((MappingError, FileError)):
        mapping.load_mapping(path)
