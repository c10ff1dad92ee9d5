"""An outage of Kafka is told in a few lines: five processes that wait for it fill nobody's disk."""

import asyncio
import json
import os
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from deploy.local import kafka, processes
from deploy.local.paths import StackPaths
from deploy.local.ports import split
from tests.stack import Realm, Servers, provisioned_realms

PROCESSES = ("registrar", "intake", "routing", "deadlines", "analytics")
OUTAGE = 40.0
"""Seconds: longer than the window in which a place in the code may log five lines."""
MOST_LINES = 100
"""Of one process in such an outage. Left alone, aiokafka writes thousands."""


@pytest.fixture
def own_kafka() -> Iterator[StackPaths]:
    """A broker that a test may kill, started with `restart`."""
    places = StackPaths(Path(tempfile.mkdtemp(prefix="natija-")))
    places.make()
    clone = StackPaths.of_clone()
    clone.make()
    kafka.fetch_jars(clone)
    places.jars.symlink_to(clone.jars)
    yield places
    processes.stop(places, processes.find_all(places))
    shutil.rmtree(places.state, ignore_errors=True)


def restart(places: StackPaths, port: int = 0) -> processes.Record:
    begun = kafka.start(places, owner="tests", preferred=port, with_parent=True)
    [broker] = kafka.wait(places, begun, with_parent=True)
    return broker


@pytest_asyncio.fixture(loop_scope="session")
async def realm_on_it(
    own_kafka: StackPaths, servers: Servers, tmp_path: Path
) -> AsyncIterator[tuple[Realm, StackPaths]]:
    broker = restart(own_kafka)
    async with provisioned_realms(Servers(broker.address, servers.postgres), tmp_path) as make:
        yield await make(), own_kafka


@pytest.mark.thorough
@pytest.mark.timeout(240)
async def test_kafka_outage_logs_few_lines(realm_on_it: tuple[Realm, StackPaths]) -> None:
    """An outage of Kafka adds a few lines to each log."""
    realm, places = realm_on_it
    children = {process: await realm.serve(process) for process in PROCESSES}
    before = {process: len(child.output().splitlines()) for process, child in children.items()}

    broker = processes.find(places, kafka.NAME)
    assert broker is not None
    os.kill(broker.pid, signal.SIGKILL)
    await asyncio.sleep(OUTAGE)  # the log lines of an outage of this length are counted
    assert not [name for name, child in children.items() if child.process.returncode is not None]
    restart(places, split(broker.address)[1])
    await asyncio.gather(*(child.until_ready() for child in children.values()))

    lines = {name: child.output().splitlines()[before[name] :] for name, child in children.items()}
    told = {name: len(of) for name, of in lines.items()}
    print(told, Counter(json.loads(line)["logger"] for of in lines.values() for line in of))
    assert all(told.values()), "each says that Kafka is away"
    assert max(told.values()) <= MOST_LINES, told
