"""Wiring of the registrar's process."""

from typing import ClassVar

from pydantic import Field

from natija_chassis.errors import OperatorError
from natija_chassis.http.app import create_app
from natija_chassis.postgres.engine import create_service_tables, open_engine
from natija_chassis.process.run import run
from natija_chassis.projections import log_identity, schema
from natija_chassis.realm.publishers import Publishers, load_publishers
from natija_chassis.settings import Settings, port_field
from natija_events.topics import PARTITIONS
from natija_intake.info import REGISTRAR
from natija_intake.registrar import fencing, tables
from natija_intake.registrar.projection import HeadsProjection
from natija_intake.registrar.shard_locks import ShardLayout, ShardLocks
from natija_intake.registrar.shard_manager import ShardManager
from natija_intake.registrar.shard_owner import ShardOwner
from natija_intake.settings import sealer


class RegistrarSettings(Settings):
    """Of the registrar's process."""

    process: ClassVar[str] = REGISTRAR.name
    gc_threshold: ClassVar[int] = 200_000
    """A batch in flight is 100,000 objects and more."""

    port: int = port_field(REGISTRAR)
    fetch_max_wait: float = Field(0.04, ge=0, le=5)
    """Seconds that the broker may wait for more records. Shorter than elsewhere: applicants wait for receipts."""


async def registrar(settings: RegistrarSettings) -> None:
    """Run the registrar until SIGTERM. Raises `OperatorError` when it is not told who may publish, or how to seal."""
    publishers, realm_sealer = _publishers(settings), sealer(settings)
    # A shard holds one connection to read on and takes another to keep heads, and one process may own all shards.
    engine = open_engine(settings, "intake", pool=PARTITIONS)

    def make_owner(locks: ShardLocks, layout: ShardLayout, number: int) -> ShardOwner:
        return ShardOwner(
            kafka=settings.kafka_config,
            realm=settings.realm.lower(),
            engine=engine,
            locks=locks,
            layout=layout,
            number=number,
            publishers=publishers,
            sealer=realm_sealer,
            clock=settings.injected_clock,
            batch_records=settings.batch_records,
            fetch_max_wait=settings.fetch_max_wait,
        )

    async def prepare() -> None:
        await create_service_tables(engine, tables.own)
        await schema.prepare(engine, HeadsProjection(), await log_identity.fetch(settings.kafka_config, settings.realm))

    async def settle(locks: ShardLocks) -> None:
        await fencing.ensure_latest_layout(locks, settings.kafka_config, settings.realm.lower())

    manager = ShardManager(settings.database_url("intake"), make_owner, prepare, settle)
    app = create_app(
        settings,
        title="registrar",
        about="The only writer of the log: it admits what is proposed on the inbox, or rejects it with a reason.",
        health=lambda: manager.health,
    )
    try:
        await run(app, settings, [manager.run])
    finally:
        await engine.dispose()


def _publishers(settings: Settings) -> Publishers:
    if settings.publishers is None:
        raise OperatorError("NATIJA_PUBLISHERS is not set: the registrar must be told who may publish")
    return load_publishers(settings.publishers)
