"""Running systems to harm, the seed that replays it, and the summary line."""

import logging
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from tests.faults.running_system import RunningSystem
from tests.faults.servers import Breakable, breakable
from tests.faults.workload import Workload
from tests.stack import Servers, provisioned_realms

_COUNTED = ("faults", "kill points", "events", "lost", "doubled")
SEED = os.environ.setdefault("SEED", f"{random.SystemRandom().randrange(1 << 32)}")
"""The seed of chance: the same seed gives the same faults, in every worker."""

logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # thousands of lines while a broker is gone


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Chance that the seed and the test's name decide."""
    print(f"SEED={SEED}")  # told with the output of a test that fails
    return random.Random(f"{SEED} {request.node.name}")


class ModuleSystem:
    """The running system of a test module. After a test that left it damaged the next one gets a new one."""

    def __init__(self, servers: Servers, folder: Path) -> None:
        self._servers = servers
        self._folder = folder
        self._stack = AsyncExitStack()
        self._system: RunningSystem | None = None

    async def system(self, request: pytest.FixtureRequest, chance: random.Random) -> RunningSystem:
        """One that is whole, fed by *chance*; it counts for the test of *request*."""
        if self._system is None or not self._system.intact:
            await self.clear()
            realms = await self._stack.enter_async_context(provisioned_realms(self._servers, self._folder))
            realm = await realms()
            self._system = RunningSystem(realm, Workload(realm, chance), lambda what, count: None)
            await self._system.start()
        self._system.workload.chance = chance
        self._system.count = lambda what, count: request.node.user_properties.append((what, count))
        self._system.intact = False
        return self._system

    async def clear(self) -> None:
        """Pull it down."""
        await self._stack.aclose()
        self._system = None


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def module_system(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ModuleSystem]:
    """On the servers that all tests share: for harm to its processes only."""
    module_system = ModuleSystem(servers, tmp_path_factory.mktemp("system"))
    yield module_system
    await module_system.clear()


@pytest_asyncio.fixture(loop_scope="session")
async def system(request: pytest.FixtureRequest, module_system: ModuleSystem, chance: random.Random) -> RunningSystem:
    """A system whose processes may be harmed, not its servers."""
    return await module_system.system(request, chance)


@pytest.fixture(scope="session")
def own_servers() -> Iterator[Breakable]:
    """Servers that may be broken."""
    with breakable() as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def own_module_system(
    own_servers: Breakable, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ModuleSystem]:
    """On servers that may be broken."""
    module_system = ModuleSystem(own_servers.servers, tmp_path_factory.mktemp("system"))
    yield module_system
    await own_servers.fix()
    await module_system.clear()


@pytest_asyncio.fixture(loop_scope="session")
async def fragile(
    request: pytest.FixtureRequest, own_servers: Breakable, own_module_system: ModuleSystem, chance: random.Random
) -> RunningSystem:
    """A system whose servers may be broken, too."""
    await own_servers.fix()
    return await own_module_system.system(request, chance)


@pytest.fixture(scope="session")
def own_cluster() -> Iterator[Breakable]:
    """Three brokers that may be broken, and a PostgreSQL."""
    with breakable(brokers=3) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def cluster_module_system(
    own_cluster: Breakable, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ModuleSystem]:
    """On three brokers that may be broken."""
    module_system = ModuleSystem(own_cluster.servers, tmp_path_factory.mktemp("system"))
    yield module_system
    await own_cluster.fix()
    await module_system.clear()


@pytest_asyncio.fixture(loop_scope="session")
async def replicated(
    request: pytest.FixtureRequest, own_cluster: Breakable, cluster_module_system: ModuleSystem, chance: random.Random
) -> RunningSystem:
    """A system whose log has three replicas, on brokers that may be broken."""
    await own_cluster.fix()
    return await cluster_module_system.system(request, chance)


def pytest_report_header() -> str:
    return f"faults: SEED={SEED} replays them"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line: what was done to it, and what it lost by that."""
    counted: Counter[str] = Counter()
    for report in (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")):
        for what, count in report.user_properties if report.when == "call" else ():
            if what in _COUNTED:
                counted[what] += count
    if counted:
        terminalreporter.write_line(
            f"{counted['faults']} faults, {counted['kill points']} kill points, {counted['events']:,} events: "
            f"lost {counted['lost']}, doubled {counted['doubled']} (SEED={SEED})"
        )
