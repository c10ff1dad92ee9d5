"""The contract as AsyncAPI 3: the channels of a realm, their messages, and what a publisher and a reader do."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, get_args

from natija_events import topics
from natija_events.documents.tables import ATTRIBUTES, STAMPED, Attribute
from natija_events.lifecycle.transitions import TABLE
from natija_events.topics import KafkaTopic
from natija_events.wire.proposal import BATCH_JSON
from natija_events.wire.rejection import RejectionReason

_Json = dict[str, Any]
_TYPES = tuple(type for type, row in TABLE.items() if type == row.type)
_PACKAGE = "src/natija_events"
_SCHEMAS = f"{_PACKAGE}/schemas"
_REFERENCE_RECORD = f"{_PACKAGE}/reference/reference-record.v1.json"
_REALM = "{realm}"


def asyncapi_json() -> str:
    """The document as it is checked in, beside CONTRACT.md. The realm is a parameter of its addresses."""
    return json.dumps(_document(), ensure_ascii=False, indent=1) + "\n"


def served_asyncapi() -> str:
    """The document for a server that has the files of `served_schemas` under ``schemas/``, beside it."""
    document = asyncapi_json().replace(_REFERENCE_RECORD, f"{_SCHEMAS}/{Path(_REFERENCE_RECORD).name}")
    return document.replace(f"{_SCHEMAS}/", "schemas/")


def served_schemas() -> dict[str, bytes]:
    """The JSON Schemas of the contract by their names, such as ``proposals/appeal.registered.v1.json``."""
    package = Path(topics.__file__).parent
    folder = package / "schemas"
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.json"))}
    record = package / "reference" / Path(_REFERENCE_RECORD).name
    return found | {record.name: record.read_bytes()}


def _document() -> _Json:
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Natija: events of citizens' appeals",
            "version": "1.0.0",
            "description": "Publishers propose events on the inbox. The registrar registers them on the log, or rejects"
            " them with a reason. CONTRACT.md explains the rules that a schema cannot say.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"kafka": _server()},
        "channels": _channels(),
        "operations": _operations(),
        "components": {
            "messages": {
                **_events("proposed", "proposals/"),
                "batch": _batch(),
                **_events("registered", ""),
                **_told(),
            },
            "messageTraits": {"proposed": _headers(ATTRIBUTES), "registered": _headers((*ATTRIBUTES[:-1], *STAMPED))},
            "parameters": {"realm": {"description": "A country or another register of its own.", "examples": ["kg"]}},
            "securitySchemes": {"user": {"type": "scramSha512", "description": "The Kafka user of a publisher."}},
        },
    }


def _server() -> _Json:
    host = {"description": "A broker of the realm's cluster.", "default": "127.0.0.1:9092"}
    return {
        "host": "{broker}",
        "protocol": "kafka-secure",
        "variables": {"broker": host},
        "security": [{"$ref": "#/components/securitySchemes/user"}],
    }


def _channels() -> _Json:
    return {
        "inbox": _channel(topics.INBOX, "Proposals.", [*map(_proposed, _TYPES), "batch"]),
        "log": _channel(topics.LOG, "Registered events, in order within an appeal.", map(_registered, _TYPES)),
        "outcomes": _outcomes(),
        "reference": _channel(topics.REFERENCE, "Reference data: bodies, topics, channels.", ["referenceRecord"]),
    }


def _channel(topic: KafkaTopic, description: str, messages: Iterable[str]) -> _Json:
    options = {"retention.ms": -1 if topic.retention is None else int(topic.retention.total_seconds() * 1000)}
    return {
        "address": topic.name(_REALM),
        "description": description,
        "parameters": {"realm": {"$ref": "#/components/parameters/realm"}},
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {"kafka": {"partitions": topic.partitions, "topicConfiguration": options}},
    }


def _outcomes() -> _Json:
    publisher = {
        "description": "The source without its first slash, with points for slashes.",
        "examples": ["desks.labour"],
    }
    channel = _channel(topics.OUTCOMES, "What became of the proposals of one publisher.", ["outcome"])
    channel["parameters"]["publisher"] = publisher
    return channel | {"address": f"{_REALM}.outcomes.{{publisher}}"}


def _operations() -> _Json:
    inbox, outcomes, log = ({"$ref": f"#/channels/{name}"} for name in ("inbox", "outcomes", "log"))
    group = {"groupId": {"type": "string", "description": "Begins with the name of your Kafka user and a point."}}
    return {
        "propose": {
            "action": "send",
            "channel": inbox,
            "summary": "Propose one event, or several of one appeal. The number of the appeal is the key.",
            "reply": {"channel": outcomes, "messages": [{"$ref": "#/channels/outcomes/messages/outcome"}]},
        },
        "readOutcomes": {"action": "receive", "channel": outcomes, "bindings": {"kafka": group}},
        "readLog": {
            "action": "receive",
            "channel": log,
            "summary": "Read registered events, with isolation.level=read_committed. Publishers have no right to it.",
        },
    }


def _proposed(type: str) -> str:
    return f"proposed.{type}"


def _registered(type: str) -> str:
    return f"registered.{type}"


def _events(trait: str, folder: str) -> _Json:
    schemas = served_schemas()
    return {
        f"{trait}.{type}": _message(type, trait, f"{_SCHEMAS}/{folder}{type}.json")
        | {"examples": [{"payload": _example(json.loads(schemas[f"{folder}{type}.json"]))}]}
        for type in _TYPES
    }


def _example(schema: _Json) -> _Json:
    """The shortest data of a type, from the examples of its fields."""
    needed = schema.get("required") or schema.get("anyOf", [{}])[0].get("required", ())
    return {name: schema["properties"][name]["examples"][0] for name in needed}


def _message(type: str, trait: str, schema: str) -> _Json:
    return {
        "name": type,
        "contentType": "application/json",
        "correlationId": {"location": "$message.header#/ce_id"},
        "traits": [{"$ref": f"#/components/messageTraits/{trait}"}],
        "payload": {"$ref": schema},
        "bindings": {"kafka": {"key": {"type": "string", "description": "The number of the appeal."}}},
    }


def _batch() -> _Json:
    event = {"type": "object", "required": ["specversion", "id", "source", "type", "subject", "time"]}
    return {
        "name": "batch",
        "contentType": BATCH_JSON,
        "summary": "Several events of one appeal, registered together or not at all. The JSON batch of CloudEvents.",
        "payload": {"type": "array", "minItems": 1, "maxItems": 200, "items": event},
    }


def _told() -> _Json:
    return {
        "outcome": {
            "name": "proposal.decided.v1",
            "correlationId": {"location": "$message.payload#/proposal"},
            "payload": _outcome_payload(),
        },
        "referenceRecord": {
            "name": "reference-record",
            "payload": {"$ref": _REFERENCE_RECORD},
        },
    }


def _outcome_payload() -> _Json:
    reasons = list(get_args(RejectionReason))
    return {
        "type": "object",
        "required": ["decision", "recordedtime", "partition", "inboxoffset"],
        "properties": {
            "decision": {"enum": ["registered", "rejected"]},
            "proposal": _text("The id of the proposal's first event."),
            "appeal": _text("The number of the appeal."),
            "sequence": {"type": "integer", "description": "The sequence of the first event."},
            "events": {"type": "integer", "description": "The number of events."},
            "reason": {"enum": reasons, "description": "Why it was rejected. A duplicate is registered already."},
            "field": _text("The field that breaks the rule."),
            "rule": _text("The rule, without the value."),
            "recordedtime": _text("The instant of the decision, in RFC 3339."),
            "partition": {"type": "integer", "description": "The partition of the record on the inbox."},
            "inboxoffset": {"type": "integer", "description": "The offset of the record on the inbox."},
        },
    }


def _headers(attributes: Sequence[Attribute]) -> _Json:
    properties = {f"ce_{one.name}": _text(f"{one.form}.", one.example) for one in attributes}
    required = ["content-type", *(f"ce_{one.name}" for one in attributes if one.need in ("always", "log"))]
    properties["content-type"] = {"const": "application/json"}
    return {"headers": {"type": "object", "required": required, "properties": properties}}


def _text(description: str, *examples: str) -> _Json:
    told = {"type": "string", "description": description[:1].upper() + description[1:]}
    return told | {"examples": list(examples)} if examples else told
