"""The JSON Schemas of a type, from its model, in two forms; and those of the plain values that its events seal.

The *log* form is for readers: it allows unknown fields, which a later version may add. The *proposal* form is for
publishers: it is closed, and an instant has a pattern. It refuses all that the registrar refuses for its form.
Four rules are beyond a schema: check digits, the form NFC, leap years, and integers without a fraction.
"""

import json
import re
from collections.abc import Iterator

from natija_events.schema.diff import Schema
from natija_events.schema.documentation import document
from natija_events.sealing.data_key import SealedValue
from natija_events.types.base import EventData
from natija_events.types.sealed import Plain, sealed_fields, sealed_lengths

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_YEAR = r"(19[0-9]{2}|[2-8][0-9]{3}|9[0-8][0-9]{2}|99[0-8][0-9]|999[0-8])"
_DAY = r"((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9]))"
_HOUR = r"([01][0-9]|2[0-3]):[0-5][0-9]"
DAY_PATTERN = rf"^{_YEAR}-{_DAY}$"
"""A day as the registrar reads it."""
INSTANT_PATTERN = rf"^{_YEAR}-{_DAY}T{_HOUR}:[0-5][0-9](\.[0-9]{{1,9}})?(Z|[+-]{_HOUR})$"
"""RFC 3339 as the registrar reads it: with a zone, and within its limits."""

_PATTERNS = {"date-time": INSTANT_PATTERN, "date": DAY_PATTERN}
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def log_schema(model: type[EventData]) -> Schema:
    """The schema of registered data. It allows unknown fields: readers ignore them."""
    schema = _sealed(document(model.model_json_schema(), model), model)
    for part in (schema, *schema.get("$defs", {}).values()):
        part.pop("additionalProperties", None)
    return {"$schema": _DIALECT, "$id": f"urn:natija:{model.type}", **schema}


def proposal_schema(model: type[EventData]) -> Schema:
    """The schema of the data of a proposal: closed, with a pattern for every text."""
    schema = log_schema(model) | {"$id": f"urn:natija:proposal:{model.type}"}
    for part in (schema, *schema.get("$defs", {}).values()):
        if "properties" in part:
            part["additionalProperties"] = False
        for property in _parts(part.get("properties", {})):
            if property.get("format") in _PATTERNS:
                property["pattern"] = _PATTERNS[property["format"]]
    return schema


def _sealed(schema: Schema, model: type[EventData]) -> Schema:
    """*schema* with what it asks of sealed fields: that they are there, and which lengths they have."""
    fields = sealed_fields(model)
    if not fields:
        return schema
    value = schema["$defs"].pop(SealedValue.__name__)
    for name, field in fields.items():
        property, defined = schema["properties"][name], f"Sealed{field.plain.__name__}"
        schema["$defs"][defined] = _with_lengths(value, field.plain)
        property.pop("default")
        property["examples"] = [
            {key: part["examples"][0] for key, part in schema["$defs"][defined]["properties"].items()}
        ]
        option = property if field.always else property["anyOf"][0]
        option["$ref"] = f"#/$defs/{defined}"
    required = [name for name, field in fields.items() if field.always]
    return schema | {"required": [*schema.get("required", ()), *required]} if required else schema


def _with_lengths(value: Schema, plain: type[Plain]) -> Schema:
    """The schema of a sealed *value* that is as long as padded values of *plain* are."""
    lengths = [{"minLength": length, "maxLength": length} for length in sealed_lengths(plain)]
    example = value["properties"]["ct"]["examples"][0]
    ct = value["properties"]["ct"] | {"anyOf": lengths, "examples": [(example * 100)[: lengths[0]["maxLength"]]]}
    return value | {"properties": value["properties"] | {"ct": ct}, "x-sealed": _plain_id(plain)}


def plain_schema(plain: type[Plain]) -> Schema:
    """The schema of what a sealed value holds before it is sealed: closed."""
    return {"$schema": _DIALECT, "$id": _plain_id(plain), **document(plain.model_json_schema(), plain)}


def _plain_id(plain: type[Plain]) -> str:
    return f"urn:natija:sealed:{plain_name(plain)}"


def plain_name(plain: type[Plain]) -> str:
    """The name of a kind of plain values, such as appeal-text."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", plain.__name__).lower()


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
