"""The memory and processor time of a realm's processes and servers, by name."""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from statistics import median
from typing import Any

import psutil
from deploy.local.ports import split
from sqlalchemy import text
from tests.bench.setup import engine_of
from tests.stack import Realm


async def processes(realm: Realm) -> dict[str, psutil.Process]:
    """Our children that run, the broker that listens where Kafka does, and PostgreSQL's server."""
    running = [child for child in realm.children if child.process.returncode is None]
    found: dict[str, psutil.Process] = {}
    for child in running:
        name = child.arguments[1]
        same = sum(one.partition(" ")[0] == name for one in found)
        found[f"{name} {same + 1}" if same else name] = psutil.Process(child.process.pid)
    _, port = split(realm.servers.kafka)
    for one in psutil.net_connections("tcp"):
        if one.pid and one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port:
            found["kafka"] = psutil.Process(one.pid)
    engine = engine_of(realm, "analytics")
    async with engine.connect() as connection:
        server = psutil.Process(int(await connection.scalar(text("select pg_backend_pid()")) or 0)).parent()
    await engine.dispose()
    return found | ({"postgres": server} if server else {})


def cpu_seconds(process: psutil.Process) -> float:
    """Of processor time so far, with what its children took: PostgreSQL has a process for each session."""
    own = process.cpu_times()
    running = [times.user + times.system for times in _of_children(process, "cpu_times")]
    return float(own.user + own.system + own.children_user + own.children_system + sum(running))


class CpuMeter:
    """CPU time of each process per unit of work, run by run: steadier than a rate, which others' load lowers.

    `watch` names the processes, `begin` and `end` enclose what is measured, `medians` tells the result.
    """

    def __init__(self) -> None:
        self._watched: Mapping[str, psutil.Process] = {}
        self._bench = False
        self._before: Mapping[str, float] = {}
        self._runs: list[Mapping[str, float]] = []

    async def watch(self, realm: Realm, *, bench: bool = False) -> None:
        """Measure the running processes of *realm* and its servers; with *bench* also this process."""
        self._watched, self._bench = await processes(realm), bench

    def begin(self) -> None:
        """Start the measurement."""
        self._before = self._now()

    def end(self, units: int) -> None:
        """End the measurement, in which *units* were done."""
        self._runs.append({name: (now - self._before[name]) / units for name, now in self._now().items()})

    def medians(self) -> dict[str, float]:
        """By process, microseconds of CPU time per unit."""
        return {name: 1e6 * median(run[name] for run in self._runs) for name in self._runs[0]}

    def _now(self) -> Mapping[str, float]:
        """CPU seconds so far by name; several processes of one name together."""
        spent: dict[str, float] = defaultdict(float)
        if self._bench:
            spent["bench"] = time.process_time()  # without its children: the servers are among them
        for name, process in self._watched.items():
            spent[name.partition(" ")[0]] += cpu_seconds(process)
        return spent


def memory_mib(process: psutil.Process) -> float:
    """Of memory (PSS: its own, and its share of what it has in common with others), its children's too."""
    children = sum(memory.pss for memory in _of_children(process, "memory_full_info"))
    return float(process.memory_full_info().pss + children) / 2**20


def _of_children(process: psutil.Process, what: str) -> Iterator[Any]:
    for child in process.children():
        with suppress(psutil.NoSuchProcess):  # a session that is over
            yield getattr(child, what)()
