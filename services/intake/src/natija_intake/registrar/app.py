"""Wiring of the registrar's process."""

from functools import partial
from typing import ClassVar

from pydantic import Field

from natija_chassis.http.app import create_apps
from natija_chassis.opening.settings import key_encryption_keys
from natija_chassis.postgres.engine import create_service_tables, open_engine
from natija_chassis.process.run import run
from natija_chassis.projections import log_identity, schema
from natija_chassis.realm.reference_reader import ReferenceReader
from natija_chassis.settings import management_port_field, port_field
from natija_events.topics import PARTITIONS
from natija_intake.info import REGISTRAR
from natija_intake.registrar import inbox_deletion, partition_holders, tables
from natija_intake.registrar.context import RegistrarContext
from natija_intake.registrar.projection import HeadsProjection
from natija_intake.registrar.sealed_values import RegistrarKeys
from natija_intake.registrar.shards import fencing
from natija_intake.registrar.shards.manager import ShardManager
from natija_intake.registrar.shards.owner import ShardOwner
from natija_intake.settings import OpeningSettings, realm_keys


class RegistrarSettings(OpeningSettings):
    """Settings of the registrar's process."""

    process: ClassVar[str] = REGISTRAR.name
    gc_threshold: ClassVar[int] = 200_000
    """A pending batch is 100,000 objects and more."""

    port: int = port_field(REGISTRAR)
    management_port: int = management_port_field(REGISTRAR)
    fetch_max_wait: float = Field(0.04, ge=0, le=5)
    """Seconds that the broker may wait for more records. Shorter than elsewhere: applicants wait for receipts."""
    inbox_deletion: float = Field(3600.0, gt=0)
    """Seconds between two deletions of what is decided on the inbox."""


async def registrar(settings: RegistrarSettings) -> None:
    """Run the registrar until SIGTERM. Raises `OperatorError` when the key is missing."""
    reference = ReferenceReader(settings)
    # A shard holds one connection to read and takes another to persist, and one process may own all shards.
    engine = open_engine(settings, "intake", pool=PARTITIONS)
    context = RegistrarContext(
        kafka=settings.kafka_config,
        realm=settings.realm.lower(),
        engine=engine,
        reference=reference,
        keys=RegistrarKeys(realm_keys(settings), key_encryption_keys(settings)[-1]),
        clock=settings.injected_clock,
        batch_records=settings.batch_records,
        fetch_max_wait=settings.fetch_max_wait,
    )

    async def prepare() -> None:
        await create_service_tables(engine, tables.own)
        await schema.prepare(engine, HeadsProjection(), await log_identity.fetch(settings.kafka_config, settings.realm))

    manager = ShardManager(
        settings.database_url("intake"),
        make_owner=partial(ShardOwner, context),
        prepare=prepare,
        ensure_layout=lambda locks: fencing.ensure_latest_layout(locks, context.kafka, context.realm),
    )
    deletion = partial(inbox_deletion.run, context, settings.inbox_deletion, lambda: manager.health.ready)
    apps = create_apps(
        settings,
        title="registrar",
        about="The only writer of the log. It admits each proposal on the inbox, or rejects it with a reason.",
        health=lambda: reference.health(manager.health),
    )
    try:
        holders = partial(partition_holders.run, context)
        await run(apps, settings, [reference.run, manager.run, deletion, holders])
    finally:
        await engine.dispose()
