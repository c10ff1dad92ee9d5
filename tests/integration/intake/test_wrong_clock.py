"""The clock of a registrar's machine is wrong: it says so and records nothing, until the clock is right."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.integration.intake import registering as r
from tests.integration.intake.test_open_transactions import says
from tests.stack import Realm

from natija_events.kafka import OutcomePending

_SHIFTED = """\
import os, time

real = time.time
time.time = lambda: real() + float(open(os.environ["SHIFT"]).read())
"""
"""Python imports it at its start. The shift is read from a file, so that it changes while the process runs."""


async def test_wrong_clock_records_nothing(realm: Realm, tmp_path: Path) -> None:
    """At its start, and when it is set later. Once it is right, the same registrar goes on."""
    shift = Shift(tmp_path / "shift")
    shift.set(days=40)
    (tmp_path / "sitecustomize.py").write_text(_SHIFTED)
    registrar = await realm.serve("registrar", ready=False, PYTHONPATH=str(tmp_path), SHIFT=str(shift.path))
    await until(
        registrar.management_url, "WrongClock: the clock of this machine is 40 days, 0:00:00 ahead of the broker's"
    )

    async with r.publisher(realm) as publisher:
        event = publisher.event(r.number(realm), datetime.now(UTC), r.registered())
        with pytest.raises(OutcomePending):
            await publisher.propose(event, wait=1)
        shift.set(days=0)
        assert (await publisher.propose(event, wait=30)).registered
        await registrar.until_ready()

        shift.set(days=-40)
        later = publisher.event(r.number(realm), datetime.now(UTC), r.registered())
        with pytest.raises(OutcomePending):
            await publisher.propose(later, wait=1)
        await until(registrar.management_url, "40 days, 0:00:00 behind")
        assert len(await r.log_of(realm)) == 1
        shift.set(days=0)
        assert (await publisher.propose(later, wait=30)).registered


@dataclass(frozen=True)
class Shift:
    """The file with the shift, in seconds."""

    path: Path

    def set(self, days: int) -> None:
        """Replace the file whole: a half-written number would break the process anywhere."""
        draft = self.path.with_suffix(".draft")
        draft.write_text(str(days * 86_400))
        draft.replace(self.path)


async def until(url: str | None, text: str) -> None:
    """Wait until `/ready` says *text*."""
    async with asyncio.timeout(30):
        while text not in await says(url):
            await asyncio.sleep(0.1)
