"""A realm's log to write on as the registrar would, and the projection of what is applied."""

import asyncio

from aiokafka import AIOKafkaProducer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.stack import Completed, Realm
from tests.unit.events.histories import Log, appeal_number, hour, registered
from typer.testing import CliRunner

from natija_analytics.cli.commands import app
from natija_analytics.history import history
from natija_analytics.projection import projection
from natija_analytics.projection.state import HistoryRow
from natija_analytics.settings import AnalyticsSettings
from natija_chassis.errors import OperatorError
from natija_chassis.projections import log_records
from natija_chassis.projections.apply import apply_batch
from natija_events.kafka import KafkaConfig, partition_of, read_batches
from natija_events.topics import LOG
from natija_events.types.intake import Supplemented
from natija_events.types.routing import Answered, Routed
from natija_events.wire.envelope import write_headers
from natija_events.wire.record import RecordedEvent

APPEAL = appeal_number(1)


class Register:
    """Both, of one realm; what is applied is the partition of `APPEAL`."""

    def __init__(self, realm: Realm, producer: AIOKafkaProducer, engine: AsyncEngine) -> None:
        self.realm, self.engine = realm, engine
        self.database = f"{realm.name}_analytics"
        self._producer = producer

    async def write(self, *events: RecordedEvent) -> None:
        async with self._producer.transaction():
            for event in events:
                key = event.subject.encode()
                await self._producer.send_and_wait(
                    LOG.name(self.realm.name), event.event.data, key=key, partition=partition_of(key),
                    headers=write_headers(event.event, event.stamp),
                )  # fmt: skip

    async def apply_batch(self) -> None:
        """Project all that stands on the log now."""
        topic, start = LOG.name(self.realm.name), {partition_of(APPEAL.encode()): 0}
        async for batch in read_batches(self.realm.servers.kafka, topic, start):
            await apply_batch(self.engine, projection.build(), log_records.read(batch))

    async def of_log(self, appeal: str = APPEAL) -> list[HistoryRow]:
        return await history.of_log(KafkaConfig(self.realm.servers.kafka), self.realm.name, self.engine, appeal)

    async def of_projection(self) -> list[HistoryRow]:
        async with self.engine.connect() as connection:
            return await history.of_projection(connection, APPEAL)

    async def execute(self, statement: str) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(text(statement))


def life(appeal: str = APPEAL) -> list[RecordedEvent]:
    """Five events of the appeal, and between them some of others on its partition."""
    log = Log()
    partition = partition_of(appeal.encode())
    others = [number for number in map(appeal_number, range(10, 99)) if partition_of(number.encode()) == partition]
    log.add(appeal, hour(0), registered(hour(0), topic="tax"))
    for number in others:
        log.add(number, hour(0), registered(hour(0)))
    for data in (Routed(body="A"), Supplemented(), None, Answered(outcome="explained")):
        log.add(appeal, hour(1), data)
    assert others
    return log.events


def settings_of(realm: Realm) -> AnalyticsSettings:
    """The settings of analytics in *realm*, in this process."""
    return AnalyticsSettings(realm=realm.name, kafka=realm.servers.kafka, database=realm.environment["NATIJA_DATABASE"])


async def natija(realm: Realm, *arguments: str, expect: int = 0) -> Completed:
    """Run the command in this process: starting an interpreter for each would take longer than the test.

    Raises AssertionError, with what it printed, when the exit code is not *expect*.
    """
    result = await asyncio.to_thread(CliRunner().invoke, app, arguments, env=realm.environment)
    stderr = result.stderr
    if isinstance(result.exception, OperatorError):
        stderr += f"natija: {result.exception}"
    assert result.exit_code == expect, (result.exception, result.stdout, stderr)
    return Completed(result.exit_code, result.stdout, stderr)
