"""`natija projection lag` counts records, not markers, on the real servers."""

from aiokafka import AIOKafkaProducer
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.chassis.conftest import ALL, LogWriter, Start, reached
from tests.integration.chassis.tally import SERVICE, TallySettings
from tests.stack import Realm

from natija_chassis.projections.lag import last_logsequences, measure_lag
from natija_events.topics import INBOX, LOG
from natija_intake.registrar.lag import inbox_lag


async def test_lag_counts_unapplied_records(realm: Realm, log: LogWriter, engine: AsyncEngine, start: Start) -> None:
    for _ in range(3):
        await log.write(*[log.number(partition) for partition in ALL], log.number(5))
    before = (await realm.run("projection", "lag", "--format", "json")).json()
    assert [one["service"] for one in before[: 5 * 16 : 16]] == [
        "registrar",
        "analytics",
        "deadlines",
        "desk",
        "intake",
    ]
    own = {one["partition"]: one["lag"] for one in before if one["service"] == SERVICE}
    assert own == dict.fromkeys(ALL, 3) | {5: 6}
    start()
    await reached(engine, log)
    after = (await realm.run("projection", "lag", "--format", "json")).json()
    assert {one["lag"] for one in after if one["service"] == SERVICE} == {0}
    table = (await realm.run("projection", "lag")).stdout.splitlines()
    assert table[0].split() == ["service", "lag", "partitions", "that", "wait"]
    assert table[1].split() == ["registrar", "inbox", "0", "-"]
    assert table[-1].split() == ["routing", "0", "-"]


async def test_aborted_transactions_count_no_lag(settings: TallySettings, log: LogWriter) -> None:
    appeal = log.number(2)
    await log.write(appeal, events=3)
    for _ in range(30):
        await log.producer.begin_transaction()
        await log.producer.send_and_wait(LOG.name(log.realm), b"{}", partition=2)
        await log.producer.abort_transaction()
    assert await last_logsequences(settings.kafka_config, settings.realm) == dict.fromkeys(ALL, 0) | {2: 3}


async def test_inbox_lag_ignores_foreign_markers(settings: TallySettings) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka, transactional_id=f"{settings.realm}.outsider")
    await producer.start()
    for _ in range(4):
        async with producer.transaction():
            await producer.send_and_wait(INBOX.name(settings.realm), b"{}", partition=9)
    await producer.stop()
    assert await inbox_lag(settings) == dict.fromkeys(ALL, 0) | {9: 4}
    assert sum(one.lag for one in await measure_lag(settings)) == 4
