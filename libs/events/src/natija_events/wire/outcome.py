"""Records of an outcome topic: what became of one publisher's proposals, as CloudEvents in binary mode.

A record may come twice, after a crash of its writer. It then has the same `id`. *position* grows from record to record,
so a reader drops what is not beyond the last position that it has handled.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from pydantic_core import from_json, to_json

from natija_events.ids import derived_event_id
from natija_events.wire.envelope import BINARY, Headers, rfc3339
from natija_events.wire.names import PREFIX
from natija_events.wire.rejection import Rejection
from natija_events.wire.values import Unreadable

TYPE = "proposal.decided.v1"
SOURCE = "/services/relay"


class DecidedProposal(NamedTuple):
    """The outcome of one proposal, which stood on the inbox at *partition* and *inboxoffset*.

    *source*, *subject* and *proposal* are those of its first event; the latter two are None where unreadable. When it
    is registered, *rejection* is None, *sequence* is that of its first event, and it has so many *events*. A duplicate
    has the *sequence* at which its first event is registered already.
    """

    partition: int
    inboxoffset: int
    source: str
    subject: str | None
    proposal: UUID | None
    recordedtime: datetime
    rejection: Rejection | None
    sequence: int | None = None
    events: int | None = None

    @property
    def registered(self) -> bool:
        """True when the events are on the log, by this proposal or an earlier one."""
        return self.rejection is None or self.rejection.reason == "duplicate"

    @property
    def id(self) -> UUID:
        """Identifies the outcome: the same proposal record has the same one."""
        return derived_event_id("outcome", str(self.partition), str(self.inboxoffset))


def outcome_value(decided: DecidedProposal) -> dict[str, Any]:
    """The outcome as a JSON object. Members that do not apply are missing."""
    why = decided.rejection
    members = {
        "decision": "registered" if decided.registered else "rejected",
        "proposal": None if decided.proposal is None else str(decided.proposal),
        "appeal": decided.subject,
        "sequence": decided.sequence,
        "events": decided.events,
        "reason": None if why is None else why.reason,
        "field": None if why is None else why.field,
        "rule": None if why is None else why.rule,
        "recordedtime": rfc3339(decided.recordedtime),
        "partition": decided.partition,
        "inboxoffset": decided.inboxoffset,
    }
    return {name: value for name, value in members.items() if value is not None}


def write_outcome(decided: DecidedProposal, position: int) -> tuple[bytes | None, bytes, list[tuple[str, bytes]]]:
    """Key, value and headers of the record for *decided* at this *position*."""
    named = {
        "specversion": "1.0",
        "id": str(decided.id),
        "source": SOURCE,
        "type": TYPE,
        "time": rfc3339(decided.recordedtime),
        "subject": decided.subject,
        "proposalsource": decided.source,
        "position": str(position),
    }
    headers = [(PREFIX + name, content.encode()) for name, content in named.items() if content is not None]
    key = None if decided.subject is None else decided.subject.encode()
    return key, to_json(outcome_value(decided)), [("content-type", BINARY), *headers]


def read_outcome(value: bytes | None, headers: Headers) -> tuple[DecidedProposal, int]:
    """The outcome in a record and its position. Raises `Unreadable` when the relay did not write it."""
    try:
        named = {name.removeprefix(PREFIX): (content or b"").decode() for name, content in headers}
        if named["type"] != TYPE:
            raise ValueError("another type")
        return _read(named["proposalsource"], from_json(value or b"")), int(named["position"])
    except (ValueError, KeyError, TypeError):
        raise Unreadable("data", f"is not a {TYPE}") from None


def _read(source: str, body: Mapping[str, Any]) -> DecidedProposal:
    rejection, sequence = None, body.get("sequence")
    if "reason" in body:
        rejection = Rejection(body["reason"], body["field"], body["rule"], sequence)
    return DecidedProposal(
        body["partition"],
        body["inboxoffset"],
        source,
        body.get("appeal"),
        UUID(body["proposal"]) if "proposal" in body else None,
        datetime.fromisoformat(body["recordedtime"]),
        rejection,
        sequence,
        body.get("events"),
    )
