"""A report waits for what is on the log when it is asked for, and says on stderr what it had to do without."""

import asyncio

import pytest
from sqlalchemy.ext.asyncio import create_async_engine
from tests.integration.analytics.register import Register, life, settings_of
from tests.stack import Servers

from natija_analytics.settings import AnalyticsSettings
from natija_chassis.errors import OperatorError
from natija_chassis.reports import freshness


async def test_report_waits_until_current(register: Register, capsys: pytest.CaptureFixture[str]) -> None:
    await register.write(*life())
    waiting = asyncio.create_task(freshness.until_current(settings_of(register.realm), register.engine))
    await asyncio.wait([waiting], timeout=0.5)
    assert not waiting.done()
    await register.apply_batch()
    await waiting
    assert capsys.readouterr() == ("", "")


async def test_missing_events_are_reported(register: Register, capsys: pytest.CaptureFixture[str]) -> None:
    """The report is printed; stderr says what it lacks."""
    await register.write(*life())
    await freshness.until_current(settings_of(register.realm), register.engine, patience=1)
    printed, said = capsys.readouterr()
    assert printed == ""
    assert f"analytics has not applied the last {len(life())} events" in said


async def test_silent_kafka_is_reported(register: Register, capsys: pytest.CaptureFixture[str]) -> None:
    """The report is printed; stderr says that Kafka does not answer."""
    nowhere = settings_of(register.realm).model_copy(update={"kafka": "127.0.0.1:1"})
    await freshness.until_current(nowhere, register.engine)
    printed, said = capsys.readouterr()
    assert printed == ""
    assert "Kafka does not answer" in said


async def test_service_that_never_ran_is_named(servers: Servers) -> None:
    """The error says how to start it."""
    engine = create_async_engine(
        servers.postgres.replace("postgresql://", "postgresql+asyncpg://"),
        connect_args={"server_settings": {"search_path": "nowhere"}},
    )
    with pytest.raises(OperatorError, match="Start it: natija serve analytics"):
        await freshness.until_current(AnalyticsSettings(kafka="127.0.0.1:1"), engine)
    await engine.dispose()
