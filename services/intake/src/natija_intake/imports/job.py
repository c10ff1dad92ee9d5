"""`natija import`: a register's file through the inbox, with a progress bar and a summary."""

import asyncio
import logging
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path

import uvloop
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from natija_chassis.cli.options import Format
from natija_chassis.errors import OperatorError
from natija_chassis.key_ring import signing_key
from natija_chassis.postgres.engine import open_engine
from natija_chassis.process import gc_tuning
from natija_chassis.realm import yaml_file
from natija_chassis.realm.public_key import realm_public_key
from natija_events.kafka import DeliveryUnconfirmed, OutcomePending, Publisher, aiokafka_patch
from natija_intake.imports import mapping, mapping_check, report
from natija_intake.imports.backpressure import ImportStopped
from natija_intake.imports.csv_file import CsvFile, CsvFileError
from natija_intake.imports.importer import Importer
from natija_intake.imports.mapper import Mapper
from natija_intake.imports.report import ImportSummary
from natija_intake.imports.sources import MappingError
from natija_intake.inbox_lag import InboxLag
from natija_intake.settings import ImportSettings

AGAIN = "Run the same command again: it continues where it stopped, and registers nothing twice."
_TICK = 0.2
_LINES_SHOWN = 20


def run_import(file: Path, mapping_file: Path, rejected: Path | None, expected: int | None, format: Format) -> int:
    """Import *file*; 0 when every row's outcome is known, 1 when it could not finish. Raises `OperatorError`, also when
    it has not the *expected* number of rows."""
    rejected_file = rejected or file.with_name(f"{file.name}.rejected.csv")
    try:
        found = mapping_check.check(mapping.load_mapping(mapping_file))
        register = CsvFile(file, found)
        check_count(register, expected)
    except MappingError as error:
        raise yaml_file.error_at(mapping_file, error.key.split("."), error.rule) from None
    except CsvFileError as error:
        raise OperatorError(f"{file}: {error}") from None
    try:
        report.write_rejected(rejected_file, [])
    except OSError:
        raise OperatorError(f"cannot write {rejected_file}: choose another file with --rejected PATH") from None
    gc_tuning.relax_gc()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # `Backpressure` reports the same in one line
    aiokafka_patch.apply()
    try:
        summary, trouble = uvloop.run(_import(register, found, rejected_file))
    except KeyboardInterrupt:
        print(f"natija: stopped. {AGAIN}", file=sys.stderr)
        raise
    if format == "json":
        print(report.as_json(summary))
    else:
        report.print_table(summary)
    if trouble:
        print(f"natija: not finished: {trouble}. {AGAIN}", file=sys.stderr)
    return 1 if trouble else 0


def check_count(register: CsvFile, expected: int | None) -> None:
    """Check that *register* has the *expected* number of rows: a wrong quote joins some. Raises `CsvFileError`."""
    if expected is None or (found := register.count()) == expected:
        return
    broken = [row for row in register.rows() if row.broken]
    lines = ", ".join(f"{row.line} to {row.last_line}" for row in broken[:_LINES_SHOWN])
    told = f"; lines that may hold several rows: {lines}" if broken else ""
    raise CsvFileError(f"it has {found:,} rows, and not {expected:,} as --rows says{told}. Nothing is proposed")


async def _import(
    register: CsvFile, found: mapping.RegisterMapping, rejected_file: Path
) -> tuple[ImportSummary, str | None]:
    settings = ImportSettings()
    mapper = Mapper(found, register.header, settings.realm, realm_public_key(settings))
    began, trouble = time.monotonic(), None
    async with AsyncExitStack() as stack:
        engine = open_engine(settings, "intake", pool=1)
        stack.push_async_callback(engine.dispose)
        inbox = await stack.enter_async_context(InboxLag(settings.kafka_config, settings.realm))
        publisher = Publisher(
            settings.kafka_config,
            settings.realm,
            found.source,
            key=signing_key(settings, found.source),
            delivery_timeout=settings.import_patience,
        )
        progress = stack.enter_context(_progress())
        importer = Importer(mapper, publisher, inbox, engine, settings, progress.console.print)
        try:
            await stack.enter_async_context(publisher)
            await _shown(importer, register, progress)
            if register.refused_from is not None:
                trouble = f"nothing is read from line {register.refused_from} on: correct the quotes of the file"
        except (ImportStopped, OutcomePending, CsvFileError) as error:
            trouble = f"{error}{undecided_lines(importer)}"
        except (DeliveryUnconfirmed, KafkaError, TimeoutError):
            trouble = f"Kafka at {settings.kafka} does not answer"
        finally:
            seconds = time.monotonic() - began
            report.write_rejected(rejected_file, importer.counts.rejected)
    return ImportSummary(found.register_name, importer.counts, mapper.unmapped, seconds, rejected_file), trouble


def undecided_lines(importer: Importer) -> str:
    """The lines of the rows without an outcome, in words; "" when there are none."""
    lines = importer.undecided
    if not lines:
        return ""
    shown = ", ".join(map(str, lines[:_LINES_SHOWN]))
    return f"; without an outcome are the rows of lines {shown}{' and more' if len(lines) > _LINES_SHOWN else ''}"


async def _shown(importer: Importer, register: CsvFile, progress: Progress) -> None:
    """Run the import under a progress bar that counts rows whose outcome is known."""
    bar = progress.add_task("rows", total=register.count())

    async def show() -> None:
        while True:
            progress.update(bar, completed=importer.counts.rows)
            await asyncio.sleep(_TICK)

    showing = asyncio.create_task(show())
    try:
        await importer.run(register.rows())
    finally:
        showing.cancel()
        progress.update(bar, completed=importer.counts.rows)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TimeRemainingColumn(), console=Console(stderr=True, highlight=False),
    )  # fmt: skip
