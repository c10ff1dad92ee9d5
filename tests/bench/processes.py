"""The memory and processor time of a realm's processes and servers, by name."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psutil
from deploy.local.ports import split
from sqlalchemy import text
from tests.bench.setup import engine_of
from tests.stack import Realm


async def processes(realm: Realm) -> dict[str, psutil.Process]:
    """Our children that run, the broker that listens where Kafka does, and PostgreSQL's server."""
    running = [child for child in realm.children if child.process.returncode is None]
    found = {child.arguments[1]: psutil.Process(child.process.pid) for child in running}
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


def memory_mib(process: psutil.Process) -> float:
    """Of memory (PSS: its own, and its share of what it has in common with others), its children's too."""
    children = sum(memory.pss for memory in _of_children(process, "memory_full_info"))
    return float(process.memory_full_info().pss + children) / 2**20


def _of_children(process: psutil.Process, what: str) -> Iterator[Any]:
    for child in process.children():
        with suppress(psutil.NoSuchProcess):  # a session that is over
            yield getattr(child, what)()
