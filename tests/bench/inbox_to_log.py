"""From the inbox to the log: the registrar with all its checks, beside a bare transactional copy."""

from sqlalchemy.ext.asyncio import AsyncEngine
from tests.bench.copier import Copier
from tests.bench.ground import Ground, decided, engine_of
from tests.bench.lives import EVENTS, fill
from tests.bench.measuring import RUNS, Figure, by_turns, rate
from tests.stack import Realm

from natija_chassis.database import create_service_tables
from natija_events.topics import INBOX
from natija_intake import tables
from natija_intake.registrar_app import RegistrarSettings

APPEALS = 6_000
"""Of a run, each with a whole life."""
BATCH: int = RegistrarSettings.model_fields["batch_records"].default
_SPARE = 3_000
"""Appeals more: when a run ends, some batches are under way and will be registered too."""


async def bench(ground: Ground) -> Figure:
    """The inbox is filled beforehand, each event a proposal; measured from the first batch registered to the last."""
    realm = await ground.realms()
    engine = engine_of(realm, "intake")
    copier = Copier(realm.servers.kafka, INBOX.name(realm.name), f"{realm.name}.bench.copies", batch=BATCH)
    try:
        with ground.showing("inbox_to_log", 2 * RUNS + 1) as step:
            await create_service_tables(engine, tables.own)
            await copier.make_target()
            await fill(realm, RUNS * (APPEALS + _SPARE))
            step()
            measured, floor = await by_turns(
                lambda: _registrar(realm, engine), lambda: copier.copy(APPEALS * EVENTS), told=step
            )
    finally:
        await engine.dispose()
    return Figure("inbox_to_log", measured, floor, "events/s", bound=0.5)


async def registrar_alone(ground: Ground, realm: Realm, name: str) -> list[float]:
    """The rates of the registrar of *realm*, whatever stands on its log already."""
    engine = engine_of(realm, "intake")
    try:
        with ground.showing(name, RUNS + 1) as step:
            await fill(realm, RUNS * (APPEALS + _SPARE))
            step()
            rates = []
            for _ in range(RUNS):
                rates.append(await _registrar(realm, engine))
                step()
    finally:
        await engine.dispose()
    return rates


async def _registrar(realm: Realm, engine: AsyncEngine) -> float:
    before = await decided(engine)

    async def since() -> int:
        return await decided(engine) - before

    child = await realm.serve("registrar", ready=False)
    try:
        return await rate(since, APPEALS * EVENTS)
    finally:
        await child.stop()
