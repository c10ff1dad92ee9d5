"""`make million`: a realm with a million lives, built once and kept. Benches work on a copy of it.

    python -m tests.bench.million [--lives N]

The folder `.local/million` has the data of Kafka and PostgreSQL, and the keys of the realm. Its `built.json` tells what
was built, how long that took, and the disk it takes. A build that was interrupted goes on where it was.
"""

import argparse
import asyncio
import json
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from deploy.local import kafka, processes, stack
from deploy.local.paths import StackPaths
from rich.progress import Progress
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine
from tests import realm_pool
from tests.bench import inbox_to_log
from tests.bench.lifecycle_events import EVENTS, propose_lifecycles
from tests.bench.lifecycles import all_services, applied_by_all
from tests.bench.setup import decided_count, end_offsets, engine_of
from tests.stack import Realm, Servers, environment

from natija_chassis import private_file
from natija_events.topics import INBOX

LIVES = 1_000_000
REALM = "million"
FOLDER = StackPaths.of_clone().state / "million"
_AT_ONCE = 20_000
"""Lives on the inbox at one time: so many wait in memory and on the disk twice."""
_KEPT = ("NATIJA_REALM_KEY", "NATIJA_REALM_PUBLIC_KEY", "NATIJA_KEY_ENCRYPTION_KEY", "NATIJA_NUMBER_SECRET")
"""Keys without which the data of a copy cannot be read."""


class Built(NamedTuple):
    """The content of `built.json`: the *lives* that all services know, their *events*, *seconds* of building, and *mib*
    of disk."""

    lives: int = 0
    events: int = 0
    seconds: float = 0
    mib: float = 0


def built() -> Built | None:
    """The content of `built.json`; None when nothing was begun."""
    file = FOLDER / "built.json"
    return Built(**json.loads(file.read_text())) if file.is_file() else None


@asynccontextmanager
async def opened() -> AsyncIterator[Realm]:
    """The realm on servers of its own, on a copy of what was built. Raises FileNotFoundError when nothing was."""
    found = built()
    if found is None or not found.lives:
        raise FileNotFoundError(f"{FOLDER} is not built: run make million")
    with tempfile.TemporaryDirectory(prefix="natija-") as folder:
        copy = Path(folder)
        for part in ("kafka", "postgres"):
            await asyncio.to_thread(shutil.copytree, FOLDER / part, copy / part)
        with _servers(copy) as servers:
            async with _realm(servers, copy) as realm:
                yield realm


async def build(lives: int, progress: Progress) -> Built:
    """Build the realm, or go on building it, until it has so many lives."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    found, began = built() or Built(), time.monotonic()
    _write(found)
    try:
        with _servers(FOLDER) as servers, tempfile.TemporaryDirectory(prefix="natija-") as folder:
            async with _realm(servers, Path(folder)) as realm:
                await realm_pool.make(REALM, servers.kafka, servers.postgres, realm.environment["NATIJA_DATABASE"])
                events = await _register(realm, lives, progress)
                await _follow(realm, events, progress)
                found = found._replace(lives=lives, events=events)
    finally:
        mib = sum(file.stat().st_size for file in FOLDER.rglob("*") if file.is_file()) / 2**20
        found = found._replace(seconds=found.seconds + time.monotonic() - began, mib=mib)
        _write(found)
    return found


def _write(found: Built) -> None:
    (FOLDER / "built.json").write_text(json.dumps(found._asdict(), indent=2) + "\n")


@asynccontextmanager
async def _realm(servers: Servers, folder: Path) -> AsyncIterator[Realm]:
    """The realm on *servers*, with its keys and with files of its own in *folder*."""
    files, keys = folder / "realm", FOLDER / "keys.json"
    files.mkdir()
    variables = environment(REALM, servers, files)
    if not keys.is_file():
        private_file.replace(keys, json.dumps({name: variables[name] for name in _KEPT}))
    realm = Realm(REALM, servers, files, variables | json.loads(keys.read_text()))
    try:
        yield realm
    finally:
        await asyncio.gather(*[child.kill() for child in realm.children])


@contextmanager
def _servers(folder: Path) -> Iterator[Servers]:
    clone, paths = StackPaths.of_clone(), StackPaths(folder)
    clone.make()
    kafka.fetch_jars(clone)
    if not paths.jars.exists():
        paths.jars.symlink_to(clone.jars)
    try:
        found = stack.servers_up(paths, owner="million", with_parent=True)
        yield Servers(found.kafka, found.postgres)
    finally:
        processes.stop(paths, processes.find_all(paths), patience=120)


async def _register(realm: Realm, lives: int, progress: Progress) -> int:
    """Register whole lives, portion by portion, and always one portion ahead; the number of all events."""
    engine, task = engine_of(realm, "intake"), progress.add_task("lives registered", total=lives)
    try:
        async with inbox_to_log.registrars(realm):
            sent = await _sent(realm)
            await _until(lambda: decided_count(engine), sent)
            for first in range(sent // EVENTS, lives, _AT_ONCE):
                progress.update(task, completed=first)
                await propose_lifecycles(realm, min(_AT_ONCE, lives - first))
                await _until(lambda: decided_count(engine), first * EVENTS)
            sent = await _sent(realm)
            await _until(lambda: decided_count(engine), sent)
            progress.update(task, completed=lives)
            return sent
    finally:
        await engine.dispose()


async def _sent(realm: Realm) -> int:
    """The number of events that were ever put on the inbox."""
    return sum((await end_offsets(realm.servers.kafka, INBOX.name(REALM))).values())


async def _follow(realm: Realm, events: int, progress: Progress) -> None:
    """Let all services apply every event, and leave the databases ready to be read."""
    task = progress.add_task("events applied by all services", total=events)
    async with all_services(realm, ready=False) as engines:
        while (done := await _applied(engines)) < events:
            progress.update(task, completed=done)
            await asyncio.sleep(0.5)
        progress.update(task, completed=events)
        for engine in engines:
            async with engine.connect() as connection:
                autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
                await autocommit.execute(text("vacuum analyze"))


async def _applied(engines: Sequence[AsyncEngine]) -> int:
    with suppress(ProgrammingError):  # the tables are not there yet
        return await applied_by_all(engines)
    return 0


async def _until(count: Callable[[], Awaitable[int]], wanted: int) -> None:
    while await count() < wanted:
        await asyncio.sleep(0.2)


def main() -> None:
    """Build what is not built, and tell it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.million", description=__doc__)
    parser.add_argument("--lives", type=int, default=LIVES, help="how many (default %(default)s)")
    wanted = parser.parse_args().lives
    found = built()
    if found is None or found.lives < wanted:
        with Progress() as progress:
            found = asyncio.run(build(wanted, progress))
    took = f"{found.seconds / 60:.0f} min, {found.mib:,.0f} MiB"
    print(f"{found.lives:,} lives, {found.events:,} events: {took} in {FOLDER}")


if __name__ == "__main__":
    main()
