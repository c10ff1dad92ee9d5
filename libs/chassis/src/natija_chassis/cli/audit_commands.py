"""`natija audit list`: prints who opened the sealed values of an appeal, and why."""

import sys

from natija_chassis.reports.output import as_json
from natija_chassis.reports.tables import text_table
from natija_chassis.settings import Settings
from natija_events.kafka import partition_of, read_batches
from natija_events.topics import AUDIT
from natija_events.wire.audit_record import AuditRecord, read_audit_record
from natija_events.wire.values import Unreadable


async def show(settings: Settings, number: str, format: str) -> int:
    """Print the looks at the appeal *number*, oldest first. The exit code is 1 when a record cannot be read."""
    looks, unreadable = await _looks(settings, number)
    sys.stdout.write(_json(number, looks) if format == "json" else _table(number, looks))
    for offset in unreadable:
        print(f"the record at offset {offset} cannot be read: no service wrote it", file=sys.stderr)
    return int(bool(unreadable))


async def _looks(settings: Settings, number: str) -> tuple[list[AuditRecord], list[int]]:
    """The records of looks at the appeal, and the offsets of those that cannot be read."""
    key, topic = number.encode(), AUDIT.name(settings.realm)
    looks, unreadable = list[AuditRecord](), list[int]()
    async for batch in read_batches(settings.kafka_config, topic, {partition_of(key): 0}):
        for record in batch:
            if record.key == key:
                try:
                    looks.append(read_audit_record(record.key, record.value))
                except Unreadable:
                    unreadable.append(record.offset)
    return looks, unreadable


def _json(number: str, looks: list[AuditRecord]) -> str:
    found = [look.model_dump(mode="json", exclude={"appeal", "schema_version"}) for look in looks]
    return as_json({"appeal": number, "looks": found})


def _table(number: str, looks: list[AuditRecord]) -> str:
    if not looks:
        return f"no looks at {number}\n"
    rows = [
        (f"{look.time:%Y-%m-%d %H:%M:%S}Z", _who(look), look.purpose, ", ".join(map(str, look.sequences)))
        for look in looks
    ]
    count = "1 look" if len(looks) == 1 else f"{len(looks)} looks"
    return text_table(
        f"{count} at {number}", {"time": "code", "who": "text", "purpose": "code", "events": "text"}, rows
    )


def _who(look: AuditRecord) -> str:
    if look.reader == "applicant":
        return f"the applicant, by {look.process}"
    delegation = f", by delegation {look.delegation}" if look.delegation else ""
    official = (look.official or "")[:12]
    return f"{look.post}{delegation}, official {official}, by {look.process}"
