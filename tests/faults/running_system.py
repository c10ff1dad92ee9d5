"""A realm at work: all its processes, a feed, and what a fault needs to be told by them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
from tests.eventually import eventually
from tests.faults.accounting import RECOVERS_WITHIN, check_accounting
from tests.faults.workload import Workload
from tests.stack import SERVICES, STARTS_WITHIN, Child, Realm

from natija_chassis.process.failpoints import FAILPOINT

Count = Callable[[str, int], None]
"""Told what there is to count for the summary: `events`, `kill points`, `faults`, `lost`, `doubled`."""


@dataclass(slots=True)
class RunningSystem:
    """The processes of a realm by name, and who feeds it."""

    realm: Realm
    workload: Workload
    count: Count
    children: dict[str, Child] = field(default_factory=dict)
    intact: bool = False
    """False from the beginning of a fault until the accounting after it has found nothing."""
    _counted: int = 0

    async def start(self, *processes: str, **variables: str) -> None:
        """Start these and wait until they are caught up and moving."""
        for process in processes or SERVICES:
            self.children[process] = await self.realm.serve(process, ready=False, **variables)
        await self.until_ready(*processes, seconds=STARTS_WITHIN)

    async def stop(self, process: str) -> None:
        """Ask it to end, and wait for that."""
        await self.children[process].stop()

    async def arm(self, process: str, point: str, **variables: str) -> Child:
        """Put one in its place that dies, or stops, at *point* (see `failpoints.FAILPOINT`)."""
        if self.children[process].process.returncode is None:
            await self.stop(process)
        child = await self.realm.serve(process, ready=False, **variables, **{FAILPOINT: point})
        self.children[process] = child
        return child

    async def readiness(self, process: str) -> tuple[int, str]:
        """Status and text of its `/ready`; 0 when it does not answer."""
        async with httpx.AsyncClient(timeout=3, trust_env=False) as client:
            try:
                answer = await client.get(f"{self.children[process].management_url}/ready")
            except httpx.TransportError:
                return 0, ""
        return answer.status_code, answer.text.strip()

    async def until_not_ready(self, *processes: str, seconds: float = 20) -> None:
        """Return once each of these says itself that it is not ready, and what it waits for."""
        async with asyncio.TaskGroup() as group:
            for process in processes:
                group.create_task(self._until_it_says(503, process, seconds))

    async def until_ready(self, *processes: str, seconds: float = RECOVERS_WITHIN) -> None:
        """Return once each of these is at work again; raises AssertionError when it takes too long."""
        async with asyncio.TaskGroup() as group:
            for process in processes or SERVICES:
                group.create_task(self._until_it_says(200, process, seconds))

    async def _until_it_says(self, status: int, process: str, seconds: float) -> None:
        async def answers() -> bool:
            found = await self.readiness(process)
            assert found[0] == status, f"{found}; its log ends:\n{self.children[process].output()[-2000:]}"
            return True

        await eventually(answers, seconds=seconds, pause=0.1, message=f"/ready of {process} answers {status}")

    async def check_progress(self) -> None:
        """The fault has ended: within the time for that all are ready, and a new proposal is decided."""
        await self.until_ready()
        async with self.workload.publisher() as publisher:
            life = self.workload.open(publisher)
            outcome = await self.workload.propose(publisher, life.opening, wait=RECOVERS_WITHIN)
        assert outcome is not None, f"a proposal was not decided within {RECOVERS_WITHIN:g} s after the fault"

    async def check_accounting(self) -> None:
        """Nothing is lost, nothing is doubled, nobody is stuck: or AssertionError."""
        await self.check_progress()
        found = await check_accounting(self.realm, self.workload)
        self.count("events", found.events - self._counted)
        self.count("lost", len(found.lost))
        self.count("doubled", len(found.doubled))
        self._counted = found.events
        assert not found.lost, found.lost[:20]
        assert not found.doubled, found.doubled[:20]
        self.intact = True


async def wait_until_killed(child: Child, seconds: float = 60) -> None:
    """Return once *child* was killed by SIGKILL; raises AssertionError when it ended otherwise or lives on."""
    try:
        code = await asyncio.wait_for(child.process.wait(), seconds)
    except TimeoutError:
        raise AssertionError(f"{child.arguments} did not die within {seconds:g} s:\n{child.output()[-4000:]}") from None
    assert code == -9, f"{child.arguments} ended with {code}:\n{child.output()[-4000:]}"
