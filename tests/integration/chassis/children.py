"""The tally as a process of its own, to be killed, stopped and asked over HTTP."""

import asyncio
import contextlib
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
from deploy.local.ports import free_port
from tests import prefork
from tests.eventually import eventually
from tests.stack import REPOSITORY, Realm

TALLY = "tests.integration.chassis.tally"

_A_BATCH = re.compile(r"^natija_projection_batch_duration_seconds_count\S* [1-9]", re.MULTILINE)


class TallyProcess:
    """One process; at `url` it answers about itself."""

    def __init__(self, process: prefork.ForkedProcess | asyncio.subprocess.Process, url: str, log: Path) -> None:
        self.process = process
        self.url = url
        self.log = log

    async def kill(self) -> None:
        """`kill -9`."""
        self.process.kill()
        await self.process.wait()

    async def terminate(self) -> int:
        """Send SIGTERM and return the exit code. The process ends by itself: nothing here kills it."""
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), 30)

    async def readiness(self) -> tuple[int, str]:
        """Status and text of `/ready`; 0 while nobody listens yet."""
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            try:
                answer = await client.get(f"{self.url}/ready")
            except httpx.TransportError:
                return 0, ""
        return answer.status_code, answer.text

    async def until_ready(self, status: int = 200, seconds: float = 30) -> str:
        """Return what `/ready` says once it answers *status*."""

        async def answered() -> list[str]:
            assert self.process.returncode is None, self.log.read_text()
            found, says = await self.readiness()
            return [says] if found == status else []

        return (await eventually(answered, seconds=seconds))[0]

    async def until_it_has_done_a_batch(self, seconds: float = 30) -> None:
        """Return once the first batch it was given has ended, whatever became of it."""
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:

            async def done() -> bool:
                return bool(_A_BATCH.search((await client.get(f"{self.url}/metrics")).text))

            await eventually(done, seconds=seconds)


@contextlib.asynccontextmanager
async def tally_process(realm: Realm, **variables: str) -> AsyncIterator[TallyProcess]:
    """Start one; it is killed in the end if it still runs."""
    port = free_port()
    log = realm.folder / f"tally-{port}.log"
    request = prefork.Request(
        [str(port)], prefork.environment(realm.environment | variables), str(REPOSITORY), str(log), str(log), TALLY
    )
    process = await prefork.start(request) or await prefork.execute([sys.executable, "-m", TALLY], request)
    child = TallyProcess(process, f"http://127.0.0.1:{port}", log)
    try:
        yield child
    finally:
        if process.returncode is None:
            await child.kill()
