"""The JSON Schema of a record of reference data: `python -m natija_events.reference.schema` writes it.

It is checked in beside this module. A test holds both equal.
"""

import json
from pathlib import Path
from typing import Any

from natija_events.reference.entries import ENTRIES, Entry, Kind, id_pattern
from natija_events.schema.diff import Schema
from natija_events.schema.documentation import descriptions, document

FILE = Path(__file__).with_name("reference-record.v1.json")
_REVISIONS = 1_000_000_000
_INSTANT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$"


def record_schema() -> Schema:
    """The schema: an object for each kind, whose entry has the form of this kind or is null."""
    definitions: dict[str, Any] = {}
    for model in ENTRIES.values():
        schema = _documented(model)
        definitions |= {**schema.pop("$defs", {}), model.__name__: schema}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:natija:reference.record.v1",
        "description": "One revision of an entry of reference data, the value of a record of appeals.reference.",
        "oneOf": [_of_kind(kind, model) for kind, model in ENTRIES.items()],
        "$defs": definitions,
    }


def _documented(model: type[Entry]) -> Schema:
    """The schema of *model*, also the descriptions of fields with another name in JSON."""
    schema = document(model.model_json_schema(), model)
    for name, field in model.model_fields.items():
        if field.alias is not None:
            schema["properties"][field.alias]["description"] = descriptions(model)[name]
    return schema


def text() -> str:
    """The content of `FILE`."""
    return json.dumps(record_schema(), indent=2, ensure_ascii=False) + "\n"


def _of_kind(kind: Kind, model: type[Entry]) -> Schema:
    properties: Schema = {
        "kind": {"const": kind},
        "id": {"description": "The id of the entry.", "type": "string", "pattern": f"^{id_pattern(kind)}$"},
        "revision": {
            "description": "The number of the revision: the first one of an entry is 1.",
            "type": "integer", "minimum": 1, "maximum": _REVISIONS,
        },
        "valid_from": {
            "description": "The instant from which the revision is in force.",
            "type": "string", "format": "date-time", "pattern": _INSTANT,
        },
        "entry": {
            "description": "The content; null ends the entry.",
            "anyOf": [{"$ref": f"#/$defs/{model.__name__}"}, {"type": "null"}],
        },
    }  # fmt: skip
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
