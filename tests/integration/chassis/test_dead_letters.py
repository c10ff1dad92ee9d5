"""Dead letters on the real servers: poison is kept with the later records of its appeal, and retried."""

import json

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.eventually import eventually
from tests.integration.chassis.conftest import ALL, LogWriter, Start, reached, settings_of
from tests.integration.chassis.tally import SERVICE, Tally, TallySettings, counts
from tests.stack import Realm

from natija_chassis.projections import dead_letters
from natija_chassis.projections.dead_letters import DeadLetter
from natija_chassis.projections.retry import Retried, retry

LENIENT = "alter table appeals drop constraint known_channel"


async def stored_letters(engine: AsyncEngine) -> list[DeadLetter]:
    async with engine.connect() as connection:
        return [one._replace(failedtime=None) for one in await dead_letters.load(connection)]


async def fix(engine: AsyncEngine) -> None:
    """Let the table take what it refused."""
    async with engine.begin() as connection:
        await connection.execute(text(LENIENT))


async def test_refused_record_blocks_only_its_appeal(log: LogWriter, engine: AsyncEngine, start: Start) -> None:
    """A record that the database refuses becomes a dead letter, with the later ones of its appeal."""
    good = [log.number(partition) for partition in ALL for _ in range(4)]
    bad, beside = log.number(3), log.number(3)
    await log.write(*good[:40])
    await log.write(bad, channel="poison")
    await log.write(*good, beside, events=2)
    await log.write(bad, events=2)
    running = start()
    await reached(engine, log)
    assert await counts(engine) == dict.fromkeys(good[:40], 3) | dict.fromkeys([*good[40:], beside], 2)
    first, *following = await stored_letters(engine)
    assert first == DeadLetter(
        3, first.offset, bad, "IntegrityError",
        "IntegrityError: SQLSTATE 23514 table appeals constraint known_channel",
    )  # fmt: skip
    assert [(one.appeal, one.error, one.blocked_by) for one in following] == [(bad, None, first.offset)] * 2
    await eventually(lambda: running.runner.progress.caught_up)
    assert (
        running.runner.progress.health().message
        == "caught up with the log; 1 appeals have dead letters, see natija dead-letters list"
    )
    await log.write(bad, beside)
    await reached(engine, log)
    assert len(await stored_letters(engine)) == 4
    assert (await counts(engine))[beside] == 3


async def test_unreadable_record_shows_no_content(log: LogWriter, engine: AsyncEngine, start: Start) -> None:
    """An unreadable record becomes a dead letter that names what is wrong and never what the record holds."""
    broken, unreadable, good = (log.number(7) for _ in range(3))
    await log.write(broken, unreadable, good)
    await log.write_raw(broken, b'{"content": "Aigul Asanova, born 1970')
    await log.write_raw(unreadable, b'{"content": "Aigul Asanova, born 1970"}')
    await log.write(broken, good)
    start()
    await reached(engine, log)
    found = await stored_letters(engine)
    assert [(one.appeal, one.error) for one in found] == [(broken, "Invalid"), (unreadable, "Invalid"), (broken, None)]
    assert found[1].detail is not None
    assert found[1].detail.startswith("Invalid: content")
    assert "Aigul" not in json.dumps([one._asdict() for one in found])
    assert await counts(engine) == {broken: 1, unreadable: 1, good: 2}


async def test_retry_applies_dead_letters_in_order(
    log: LogWriter, settings: TallySettings, engine: AsyncEngine, start: Start
) -> None:
    """Also while the service runs."""
    bad, good = log.number(3), log.number(3)
    await log.write(bad, channel="poison", events=3)
    await log.write(good)
    start()
    await reached(engine, log)
    assert await retry(settings, engine, Tally()) == Retried(0, 0, 3)
    assert len(await stored_letters(engine)) == 3
    await fix(engine)
    assert await retry(settings, engine, Tally()) == Retried(3, 1, 0)
    await log.write(bad)
    await reached(engine, log)
    assert await counts(engine) == {bad: 4, good: 1}
    async with engine.connect() as connection:
        kept = await connection.scalars(text("select sequence from orders where appeal = :one"), {"one": bad})
        assert list(kept) == [1, 2, 3, 4]


async def test_retry_stops_at_first_failure(
    log: LogWriter, settings: TallySettings, engine: AsyncEngine, start: Start
) -> None:
    """The record that still fails stays, and with it those that follow of its appeal."""
    bad = log.number(3)
    await log.write(bad, channel="poison", events=2)
    await log.write_raw(bad, b"nonsense")
    await log.write(bad)
    start()
    await reached(engine, log)
    await fix(engine)
    assert await retry(settings, engine, Tally()) == Retried(2, 1, 2)
    first, second = await stored_letters(engine)
    assert (first.error, second.error, second.blocked_by) == ("Invalid", None, first.offset)
    assert await counts(engine) == {bad: 2}


async def test_too_many_dead_letters_stop_runner(
    realm: Realm, log: LogWriter, engine: AsyncEngine, start: Start
) -> None:
    few = settings_of(realm, dead_letter_limit=2)
    running = start(settings=few)
    await log.write(log.number(0), log.number(1), channel="poison")
    await reached(engine, log)
    assert running.runner.progress.stopped is None
    await log.write(log.number(2), channel="poison")
    await eventually(lambda: running.runner.progress.stopped is not None)
    assert str(running.runner.progress.stopped).startswith(
        "3 appeals have dead letters, more than NATIJA_DEAD_LETTER_LIMIT=2"
    )
    again = start(settings=few)
    await eventually(lambda: again.runner.progress.stopped is not None)


async def test_command_lists_dead_letters(realm: Realm, log: LogWriter, engine: AsyncEngine, start: Start) -> None:
    assert (await realm.run("dead-letters", "list")).stdout == "no dead letters\n"
    bad = log.number(3)
    await log.write(bad, channel="poison")
    start()
    await reached(engine, log)
    [listed] = (await realm.run("dead-letters", "list", "--service", SERVICE, "--format", "json")).json()
    assert (listed["service"], listed["appeal"], listed["error"]) == (SERVICE, bad, "IntegrityError")
    assert f"routing 3/{listed['offset']} {bad}: IntegrityError" in (await realm.run("dead-letters", "list")).stdout
