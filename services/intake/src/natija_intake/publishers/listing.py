"""Publishers as operators see them: the list, and the rejections of one."""

import json

from sqlalchemy.exc import DBAPIError

from natija_chassis.errors import OperatorError
from natija_chassis.postgres.engine import open_engine
from natija_chassis.postgres.sqlstate import is_undefined_table
from natija_chassis.realm.reference_loader import load_current
from natija_chassis.settings import Settings
from natija_events.reference.entries import PublisherEntry
from natija_events.wire.outcome import outcome_value
from natija_intake.outcomes import store
from natija_intake.outcomes.store import StoredOutcome


async def show_publishers(format: str) -> None:
    """Print every publisher of the reference data. Raises `OperatorError`."""
    publishers = (await load_current(Settings())).publishers
    if format == "json":
        entries = {source: entry.model_dump(mode="json", exclude_none=True) for source, entry in publishers.items()}
        print(json.dumps({source: _sorted(entry) for source, entry in entries.items()}))
        return
    for source, entry in publishers.items():
        print(f"{source:<34} {','.join(sorted(entry.roles)):<14} {entry.body or '-':<24} {_proof(entry)}")


def _sorted(entry: dict[str, object]) -> dict[str, object]:
    return entry | {"roles": sorted(entry["roles"])}  # type: ignore[call-overload]  # a list of texts


def _proof(entry: PublisherEntry) -> str:
    parts = [f"{len(entry.keys)} keys" if len(entry.keys) != 1 else "1 key"] if entry.keys else []
    parts += ["vouched"] if entry.vouched else []
    parts += ["unsigned"] if entry.unsigned else []
    parts += [f"Kafka user {entry.principal}"] if entry.principal else []
    return ", ".join(parts) or "may publish nothing"


async def show_rejections(source: str, last: int, format: str) -> None:
    """Print the newest rejections of *source*, the newest last. Raises `OperatorError`."""
    settings = Settings()
    engine = open_engine(settings, "intake")
    try:
        async with engine.connect() as connection:
            found = await store.rejections_of(connection, source, last)
    except DBAPIError as error:
        if not is_undefined_table(error):
            raise
        raise OperatorError("no relay has run in this realm: `natija serve relay`") from None
    finally:
        await engine.dispose()
    if format == "json":
        print(json.dumps([outcome_value(one.decided) for one in found]))
    else:
        print("\n".join(map(_line, found)) or f"nothing of {source} was rejected")


def _line(found: StoredOutcome) -> str:
    decided, why = found.decided, found.decided.rejection
    assert why is not None
    place = f"inbox {decided.partition}:{decided.inboxoffset}"
    head = f"{decided.recordedtime:%Y-%m-%d %H:%M:%S}Z  {decided.subject or 'unknown appeal'}  {place}  {why.reason}"
    return f"{head}\n    {why.field}: {why.rule}"
