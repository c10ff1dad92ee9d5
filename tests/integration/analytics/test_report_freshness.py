"""A report waits for what is on the log when it is asked for, and says on stderr what it had to do without."""

import asyncio

import pytest
from tests.integration.analytics.register import Register, life, settings_of

from natija_chassis.cli import freshness


async def test_a_report_waits_until_all_that_is_on_the_log_is_taken_in(
    register: Register, capsys: pytest.CaptureFixture[str]
) -> None:
    await register.write(*life())
    waiting = asyncio.create_task(freshness.until_current(settings_of(register.realm), register.engine, "analytics"))
    await asyncio.wait([waiting], timeout=0.5)
    assert not waiting.done()
    await register.apply_batch()
    await waiting
    assert capsys.readouterr() == ("", "")


async def test_without_analytics_the_report_is_printed_and_stderr_says_what_it_lacks(
    register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(freshness, "PATIENCE", 1.0)
    await register.write(*life())
    await freshness.until_current(settings_of(register.realm), register.engine, "analytics")
    printed, said = capsys.readouterr()
    assert printed == ""
    assert f"analytics has not applied {len(life())} events yet" in said


async def test_without_kafka_the_report_is_printed_and_stderr_says_so(
    register: Register, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = settings_of(register.realm).model_copy(update={"kafka": "127.0.0.1:1"})
    await freshness.until_current(nowhere, register.engine, "analytics")
    printed, said = capsys.readouterr()
    assert printed == ""
    assert "Kafka does not answer" in said
