"""The same figures on a grown log: a million appeals, six million events."""

from statistics import median

import psutil
from sqlalchemy import text
from tests.bench import inbox_to_log, lifecycles
from tests.bench.ground import Ground, decided, engine_of
from tests.bench.lives import EVENTS, fill
from tests.bench.measuring import Figure, rate
from tests.stack import SERVICES, Realm

APPEALS = 1_000_000
_AT_ONCE = 20_000
"""Appeals on the inbox at one time: so many wait in memory and on the disk twice."""
_HOUR = 3_600.0


async def bench(ground: Ground) -> list[Figure]:
    """`inbox_to_log` and `lifecycles` again, each beside what it was on a log that was empty."""
    empty = {name: await ground.figure(name) for name in ("inbox_to_log", "lifecycles")}
    realm = await ground.realms()
    await _grow(ground, realm)
    note = await _size(realm)
    figures = []
    for name, measure in (("inbox_to_log", inbox_to_log.registrars_alone), ("lifecycles", lifecycles.lives)):
        rates = await measure(ground, realm, f"{name}, grown")
        figures.append(Figure(f"{name}_grown", median(rates), empty[name].rate, empty[name].unit, bound=0.9, note=note))
    return figures


async def _grow(ground: Ground, realm: Realm) -> None:
    """Register a million whole lives, portion by portion, all services following."""
    children = [await realm.serve(service) for service in SERVICES]
    engine = engine_of(realm, "intake")
    try:
        with ground.showing(f"{APPEALS:,} appeals", APPEALS // _AT_ONCE) as step:
            for _ in range(APPEALS // _AT_ONCE):
                before = await decided(engine)
                await fill(realm, _AT_ONCE)
                await rate(lambda: decided(engine), before + _AT_ONCE * EVENTS, seconds=_HOUR, every=0.2)
                step()
        for child in children:
            await child.until_ready(_HOUR)
    finally:
        await engine.dispose()
        for child in children:
            await child.stop()


async def _size(realm: Realm) -> str:
    """What a million appeals take: of the databases and, in memory, of this machine."""
    sizes = []
    for service in ("intake", "routing", "deadlines", "analytics"):
        engine = engine_of(realm, service)
        async with engine.connect() as connection:
            taken = int(await connection.scalar(text("select pg_database_size(current_database())")) or 0)
        await engine.dispose()
        sizes.append(f"{service} {taken / 2**20:,.0f} MiB")
    memory = psutil.virtual_memory().used / 2**30
    return f"databases of {APPEALS:,} appeals: {', '.join(sizes)}; memory in use {memory:.1f} GiB"
