"""Wiring of the relay's process."""

from typing import ClassVar

from natija_chassis.http.app import create_apps
from natija_chassis.postgres.engine import open_engine
from natija_chassis.process.run import run
from natija_chassis.realm.reference_reader import ReferenceReader
from natija_chassis.settings import Settings, management_port_field, port_field
from natija_intake.info import RELAY
from natija_intake.outcomes.relay import Relay


class RelaySettings(Settings):
    """Settings of the relay's process. It needs no key."""

    process: ClassVar[str] = RELAY.name

    port: int = port_field(RELAY)
    management_port: int = management_port_field(RELAY)


async def serve(settings: RelaySettings) -> None:
    """Run the relay until SIGTERM."""
    reference = ReferenceReader(settings)
    engine = open_engine(settings, "intake")
    relay = Relay(settings, engine, reference)
    apps = create_apps(
        settings,
        title="relay",
        about="Tells each publisher the outcomes of its own proposals, and nobody else's.",
        health=lambda: reference.health(relay.health),
    )
    try:
        await run(apps, settings, [reference.run, relay.run])
    finally:
        await engine.dispose()
