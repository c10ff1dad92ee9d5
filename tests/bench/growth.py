"""The same figures on a grown log: a million appeals, six million events."""

from pathlib import Path
from statistics import median

from sqlalchemy import text
from tests.bench import inbox_to_log, lifecycles
from tests.bench.ground import Ground, decided, engine_of
from tests.bench.lifecycles import FOLLOWERS, followed
from tests.bench.lives import EVENTS, fill
from tests.bench.measuring import Figure, rate
from tests.bench.watching import mebibytes, processes
from tests.stack import Realm

from natija_events.topics import TOPICS

APPEALS = 1_000_000
_AT_ONCE = 20_000
"""Appeals on the inbox at one time: so many wait in memory and on the disk twice."""
_HOUR = 3_600.0


async def bench(ground: Ground) -> list[Figure]:
    """`inbox_to_log` and `lifecycles` again, each beside what it was on a log that was empty."""
    empty = {name: await ground.figure(name) for name in ("inbox_to_log", "lifecycles")}
    realm = await ground.realms()
    note = await _grown(ground, realm)
    figures = []
    for name, measure in (("inbox_to_log", inbox_to_log.registrars_alone), ("lifecycles", lifecycles.lives)):
        rates = await measure(ground, realm, f"{name}, grown")
        figures.append(Figure(f"{name}_grown", median(rates), empty[name].rate, empty[name].unit, bound=0.9, note=note))
        note = ""
    return figures


async def _grown(ground: Ground, realm: Realm) -> str:
    """Register a million whole lives, portion by portion, all services following; what they take then."""
    engine = engine_of(realm, "intake")
    try:
        async with followed(realm):
            with ground.showing(f"{APPEALS:,} appeals", APPEALS // _AT_ONCE) as step:
                for _ in range(APPEALS // _AT_ONCE):
                    before = await decided(engine)
                    await fill(realm, _AT_ONCE)
                    await rate(lambda: decided(engine), before + _AT_ONCE * EVENTS, seconds=_HOUR, every=0.2)
                    step()
            for child in realm.children:
                await child.until_ready(_HOUR)
            return f"{await _disk(realm)}; {await _memory(realm)}"
    finally:
        await engine.dispose()


async def _disk(realm: Realm) -> str:
    """What each topic and each database takes."""
    sizes = {}
    files = [Path(one.path) for one in (await processes(realm))["kafka"].open_files()]
    for topic in TOPICS:
        segments = [file for file in files if file.parent.name.startswith(f"{topic.name(realm.name)}-")]
        sizes[topic.purpose] = sum(file.stat().st_size for file in segments if file.suffix == ".log")
    for service in FOLLOWERS:
        engine = engine_of(realm, service)
        async with engine.connect() as connection:
            sizes[service] = int(await connection.scalar(text("select pg_database_size(current_database())")) or 0)
        await engine.dispose()
    return "disk: " + ", ".join(f"{name} {taken / 2**20:,.0f} MiB" for name, taken in sizes.items())


async def _memory(realm: Realm) -> str:
    """What each process takes."""
    taken = {name: mebibytes(process) for name, process in (await processes(realm)).items()}
    return "memory: " + ", ".join(f"{name} {size:,.0f} MiB" for name, size in taken.items())
