"""The registrar's commands: verify the log, list rejected proposals, show or change the number of shards."""

import json
from collections import Counter
from collections.abc import Sequence

from aiokafka import TopicPartition
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from natija_chassis.errors import OperatorError
from natija_chassis.postgres.engine import open_engine
from natija_chassis.projections import checkpoints
from natija_chassis.reports.safe_text import as_printed
from natija_chassis.settings import Settings
from natija_events.ids import parse_appeal_number
from natija_events.kafka import partition_of, read_batches
from natija_events.kafka.consumers import open_consumer
from natija_events.topics import LOG, PARTITIONS, REJECTED
from natija_events.wire.rejection import RejectedProposal, read_rejected
from natija_intake.registrar.shards import fencing
from natija_intake.registrar.shards.locks import LayoutLocked, ShardLocks
from natija_intake.registrar.verification import VerificationReport, verify

_stderr = Console(stderr=True)


async def verify_log(appeal: str | None, format: str) -> int:
    """Verify the log or an appeal's partition, with a progress bar. The exit code is 1 when it is inconsistent."""
    settings = Settings()
    number = None if appeal is None else parse_appeal_number(appeal)
    engine = open_engine(settings, "intake")
    try:
        async with engine.connect() as connection:
            held = await checkpoints.load(connection)
        partitions = list(range(PARTITIONS)) if number is None else [partition_of(number.encode())]
        total = await _offsets(settings, partitions)
        columns = TextColumn("verifying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        with Progress(*columns, console=_stderr, transient=True) as progress:
            bar = progress.add_task("", total=total)
            report = await verify(
                settings.kafka_config,
                settings.realm,
                engine,
                held,
                appeal=number,
                on_read=lambda count: progress.advance(bar, count),
            )
    finally:
        await engine.dispose()
    print(_as_json(report) if format == "json" else _as_text(report, len(partitions)))
    return 1 if report.breaks else 0


async def _offsets(settings: Settings, partitions: Sequence[int]) -> int:
    """The number of offsets to read. Transaction markers take one each, so there are fewer records."""
    async with open_consumer(settings.kafka_config) as consumer:
        places = [TopicPartition(LOG.name(settings.realm), partition) for partition in partitions]
        first, end = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        return sum(end[place] - first[place] for place in places)


def _as_json(report: VerificationReport) -> str:
    breaks = [chain_break._asdict() for chain_break in report.breaks]
    return json.dumps({"events": report.events, "appeals": report.appeals, "breaks": breaks})


def _as_text(report: VerificationReport, partitions: int) -> str:
    plural = "s" if partitions > 1 else ""
    read = f"{report.events:,} events of {report.appeals:,} appeals on {partitions} partition{plural}"
    if not report.breaks:
        return f"{read}: every chain and every logsequence is consistent"
    return "\n".join([f"{read}: inconsistent partitions: {len(report.breaks)}", *map(str, report.breaks)])


async def show_rejected(reason: str | None, source: str | None, last: int, format: str) -> int:
    """Print the *last* newest rejected proposals, oldest first, and how many have each reason. With *source*, only
    those of this publisher."""
    settings = Settings()
    found: list[RejectedProposal] = []
    counts: Counter[str] = Counter()
    topic, start = REJECTED.name(settings.realm), dict.fromkeys(range(PARTITIONS), 0)
    async for batch in read_batches(settings.kafka_config, topic, start):
        for record in batch:
            one = read_rejected(record.partition, record.value, record.headers)
            if source not in (None, one.proposal.source):
                continue
            counts[one.rejection.reason] += one.records
            if reason in (None, one.rejection.reason):
                found.append(one)
        found = sorted(found, key=lambda one: one.recordedtime)[-last:]
    print(_rejected_as_json(found) if format == "json" else rejected_as_text(found, counts))
    return 0


def _rejected_as_json(found: Sequence[RejectedProposal]) -> str:
    return json.dumps(
        [
            {
                "recordedtime": one.recordedtime.isoformat(),
                "partition": one.partition,
                "inboxoffset": one.inboxoffset,
                "count": one.records,
                "appeal": one.proposal.subject,
                "source": one.proposal.source,
                "proposal": None if one.proposal.id is None else str(one.proposal.id),
                **one.rejection._asdict(),
            }
            for one in found
        ]
    )


def rejected_as_text(found: Sequence[RejectedProposal], counts: Counter[str]) -> str:
    """The proposals in lines for people. Their publisher wrote the source: it may hold anything."""
    lines = []
    for one in found:
        why = one.rejection
        run = f"{one.inboxoffsets[0]}-" if one.records > 1 else ""
        lines.append(
            f"{one.recordedtime:%Y-%m-%d %H:%M:%S}Z  {one.proposal.subject or 'unknown appeal'}  "
            f"{one.proposal.source or 'unknown source'}  inbox {one.partition}:{run}{one.inboxoffset}  {why.reason}"
        )
        lines.append(f"    {why.field}: {why.rule}")
    lines.append(", ".join(f"{name} {count:,}" for name, count in counts.most_common()) or "no rejected proposals")
    return "\n".join(map(as_printed, lines))


async def show_shards(number: int | None) -> int:
    """Print the number of shards, or change it to *number* first."""
    settings = Settings()
    locks = await ShardLocks.connect(settings.database_url("intake"))
    try:
        if number is not None:
            await _change_layout(locks, settings, number)
        layout = await locks.load_layout()
        registrars = await locks.member_count() - 1
        print(f"{layout.shards} shards, generation {layout.generation}, {registrars} registrars connected")
    finally:
        await locks.close()
    return 0


async def _change_layout(locks: ShardLocks, settings: Settings, number: int) -> None:
    try:
        async with locks.lock_layout(within=5):
            await fencing.change_layout(locks, settings.kafka_config, settings.realm.lower(), number)
    except LayoutLocked:
        raise OperatorError("another process is changing the number of shards now: try again") from None
