"""A clock that jumps changes no history: neither what is recorded, nor what is made of it."""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from tests.eventually import eventually
from tests.integration.intake import registering as r
from tests.stack import Realm

from natija_chassis.clock import FileClock
from natija_chassis.projections.installed import services
from natija_events.ids import new_appeal_number
from natija_events.kafka import Publisher, partition_of
from natija_events.wire.record import RecordedEvent

NO_JUMP, DAY = timedelta(0), timedelta(days=1)


async def test_recorded_time_survives_clock_jumps(realm: Realm) -> None:
    """A clock that jumps a day moves no recorded time back, and changes no row."""
    clock = FileClock(Path(realm.environment["NATIJA_CLOCK"].removeprefix("file:")))
    for service in ("registrar", "routing", "deadlines", "analytics", "desk"):
        await realm.serve(service)
    async with r.publisher(realm) as publisher:
        for jump in (NO_JUMP, -DAY, NO_JUMP, DAY, NO_JUMP):
            clock.set(datetime.now(UTC) + jump)
            # The registrar reads the clock's file now and then.
            await eventually(partial(registers, publisher, realm, clock))

    recorded = [(event.stamp.logsequence, event.recordedtime) for event in await r.log_of(realm) if at_zero(event)]
    assert len(recorded) >= 5
    assert [time for _, time in sorted(recorded)] == sorted(time for _, time in recorded)
    assert recorded[-1][1] - recorded[0][1] > DAY / 2, "the clock did jump"

    clock.set(datetime.now(UTC) + 40 * DAY)
    for service in services():
        rebuilt = await realm.run("projection", "rebuild", service)
        assert "DIFFERENT" not in rebuilt.stdout


async def registers(publisher: Publisher, realm: Realm, clock: FileClock) -> bool:
    """Whether an appeal of now is registered; else it is its time that does not fit yet."""
    now = clock.now()
    event = publisher.event(on_one_partition(realm), now, r.registered(received=now))
    outcome = await publisher.propose(event, wait=20)
    assert outcome.rejection is None or outcome.rejection.field == "time", outcome.rejection
    return outcome.registered


def on_one_partition(realm: Realm) -> str:
    """A new appeal's number on partition 0."""
    while partition_of((number := new_appeal_number(realm.name)).encode()):
        pass
    return number


def at_zero(event: RecordedEvent) -> bool:
    return event.partition == 0
