"""The JSON Schemas of a type, from its model, in two forms.

The *log* form is for readers: it allows unknown fields, which a later version may add. The *proposal* form is for
publishers: it is closed, and an instant has a pattern. It refuses all that the registrar refuses for its form.
Four rules are beyond a schema: check digits, the form NFC, leap years, and integers without a fraction.
"""

import json
import re
from collections.abc import Iterator

from natija_events.schema.diff import Schema
from natija_events.schema.documentation import document
from natija_events.types.base import EventData

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_YEAR = r"(19[0-9]{2}|[2-8][0-9]{3}|9[0-8][0-9]{2}|99[0-8][0-9]|999[0-8])"
_DAY = r"((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9]))"
_HOUR = r"([01][0-9]|2[0-3]):[0-5][0-9]"
INSTANT_PATTERN = rf"^{_YEAR}-{_DAY}T{_HOUR}:[0-5][0-9](\.[0-9]{{1,9}})?(Z|[+-]{_HOUR})$"
"""RFC 3339 as the registrar reads it: with a zone, and within its limits."""

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def log_schema(model: type[EventData]) -> Schema:
    """The schema of registered data. It allows unknown fields: readers ignore them."""
    return {
        "$schema": _DIALECT,
        "$id": f"urn:natija:{model.type}",
        **document(model.model_json_schema(), model),
    }


def proposal_schema(model: type[EventData]) -> Schema:
    """The schema of the data of a proposal: closed, with a pattern for every text."""
    schema = log_schema(model) | {"$id": f"urn:natija:proposal:{model.type}"}
    for part in (schema, *schema.get("$defs", {}).values()):
        if "properties" in part:
            part["additionalProperties"] = False
    for part in _parts(schema.get("properties", {})):
        if part.get("format") == "date-time":
            part["pattern"] = INSTANT_PATTERN
    return schema


def text(schema: Schema) -> str:
    """*schema* as it is checked in. Patterns are in ASCII: an editor does not show all characters that they name."""
    lines = json.dumps(schema, indent=2, ensure_ascii=False).splitlines()
    return "".join((_escaped(line) if '"pattern": ' in line else line) + "\n" for line in lines)


def _parts(properties: dict[str, Schema]) -> Iterator[Schema]:
    """The schemas of *properties*, and those of their options and items."""
    for property in properties.values():
        yield property
        yield from property.get("anyOf", ())
        if "items" in property:
            yield property["items"]


def _escaped(line: str) -> str:
    return _NOT_ASCII.sub(lambda one: json.dumps(one[0])[1:-1], line)
