"""The outcome of each record of the corpus, by the registrar."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from pydantic_core import to_jsonable_python
from tests.contract.corpus.author import KEYS, NOW, REFERENCE, Author, InboxRecord
from tests.contract.corpus.authorization_cases import UNAUTHORIZED
from tests.contract.corpus.case import Case
from tests.contract.corpus.rule_cases import CONFLICT, FORBIDDEN, INVALID, LAWFUL, TERMS, UNLAWFUL
from tests.contract.corpus.sdk_cases import MISTAKES, SDKS
from tests.contract.corpus.wire_cases import MISPLACED, READABLE, REPEATED, UNREADABLE
from tests.contract.sealing_vectors import REALM_KEY

from natija_events.kafka import partition_of
from natija_events.sealing.data_key import to_text
from natija_intake.registrar.admission import AdmissionState, PolledRecord
from natija_intake.registrar.batch import BatchDecider, LogEnd, read_batch

CASES: Sequence[Case] = (
    *READABLE, *UNREADABLE, *MISPLACED, *REPEATED, *FORBIDDEN, *INVALID, *UNLAWFUL, *UNAUTHORIZED, *TERMS, *CONFLICT,
    *LAWFUL, *SDKS, *MISTAKES,
)  # fmt: skip


def decide(records: Sequence[InboxRecord]) -> list[dict[str, Any]]:
    """The registrar's outcome of each record, as JSON values."""
    state, reference = AdmissionState(), REFERENCE
    outcomes: list[dict[str, Any]] = []
    log_ends = {partition: LogEnd() for partition in range(16)}
    for offset, record in enumerate(records):
        decider = BatchDecider(state, log_ends, lambda _: reference, KEYS, "kg", NOW)
        decider.decide_all(read_batch([polled(record, offset)]))
        if decider.decided.rejections:
            ((why, _),) = decider.decided.rejections
            outcomes.append({name: value for name, value in why._asdict().items() if value is not None})
        else:
            outcomes.append({"registered": [key.sequence for key in decider.decided.keys]})
    return outcomes


def records() -> dict[str, Any]:
    """The setting, and each case: its records, and what the registrar makes of each."""
    return {
        "realm": "KG",
        "decided_at": to_jsonable_python(NOW),
        "private_key": to_text(REALM_KEY),
        "reference": reference_values(),
        "cases": [_case(index, case) for index, case in enumerate(CASES)],
    }


def _case(index: int, case: Case) -> dict[str, Any]:
    written = case.write(Author(index))
    outcomes = decide(written)
    return {
        "name": case.name,
        "records": [{**told(one), "outcome": outcome} for one, outcome in zip(written, outcomes, strict=True)],
    }


def polled(record: InboxRecord, offset: int) -> PolledRecord:
    """*record* as the registrar reads it."""
    partition = partition_of(record.key or b"") if record.partition is None else record.partition
    return PolledRecord(partition, offset, record.key, record.value, record.headers, timedelta(0))


def told(record: InboxRecord) -> dict[str, Any]:
    """*record* as JSON values: bytes that are not UTF-8 in base 64, under ``base64``."""
    partition = {} if record.partition is None else {"partition": record.partition}
    return {
        "key": _told(record.key),
        **partition,
        "headers": [[name, _told(content)] for name, content in record.headers],
        "value": _told(record.value),
    }


def _told(raw: bytes | None) -> Any:
    try:
        return None if raw is None else raw.decode()
    except UnicodeDecodeError:
        return {"base64": b64encode(raw or b"").decode()}


def read_record(told: dict[str, Any]) -> InboxRecord:
    """The record that `told` gave as JSON values."""
    headers = [(name, _raw(content)) for name, content in told["headers"]]
    return InboxRecord(_raw(told["key"]), _raw(told["value"]), headers, told.get("partition"))


def _raw(content: Any) -> bytes | None:
    if isinstance(content, dict):
        return b64decode(content["base64"])
    return None if content is None else str(content).encode()


def reference_values() -> list[dict[str, Any]]:
    """The reference data of the corpus, an entry each."""
    return [
        {"kind": kind, "id": id, "entry": to_jsonable_python(entry, by_alias=True, exclude_none=True)}
        for kind, id, entry in REFERENCE.entries()
    ]
