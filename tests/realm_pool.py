"""Realms made ahead by a process beside the tests, so that no test waits for its topics and databases.

The pool is a folder with an empty file for each realm that is ready, named as the realm. The remover of a file has
the realm: any number of test workers share one pool. Nothing is ever dropped, since the servers end with the tests.

    python -m tests.realm_pool KAFKA POSTGRES FOLDER    fills the pool until it is killed
"""

import asyncio
import contextlib
import os
import secrets
import string
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.environment import database_template
from deploy.local.processes import die_with_parent

from natija_chassis.realm.provision import provision_realm
from natija_chassis.settings import Settings

REALM_FILES = Path(__file__).resolve().parent / "realm"
"""The files whose reference data every realm of the tests has: see `tests.signing`."""
AHEAD = 3
"""Realms kept ready: a worker takes one every few seconds, and one is made in less than a second."""
_PAUSE = 0.1


def new_name() -> str:
    """A realm's name that no realm has yet."""
    return "t" + "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(7))


async def make(name: str, kafka: str, postgres: str, database: str) -> None:
    """Provision the realm *name*; *database* is the template of its databases' URLs."""
    await provision_realm(Settings(realm=name, kafka=kafka, database=database, realm_files=REALM_FILES), postgres)


def take(folder: Path) -> str | None:
    """The name of a realm that is ready, taken out of the pool, or None while the pool is empty."""
    for ready in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another worker took it
            ready.unlink()
            return ready.name
    return None


@contextmanager
def filling(kafka: str, postgres: str, folder: Path) -> Iterator[None]:
    """Fill the pool in *folder* while the block lasts."""
    folder.mkdir()
    with folder.with_suffix(".log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.realm_pool", kafka, postgres, str(folder)],
            cwd=Path(__file__).resolve().parent.parent,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent,
        )
    try:
        yield
    finally:
        process.kill()
        process.wait()


async def fill(kafka: str, postgres: str, folder: Path) -> None:
    """Keep `AHEAD` realms ready in *folder*, until it is killed."""
    database = database_template(postgres)
    while True:
        while len(os.listdir(folder)) < AHEAD:
            name = new_name()
            await make(name, kafka, postgres, database)
            (folder / name).touch()
        await asyncio.sleep(_PAUSE)


if __name__ == "__main__":
    asyncio.run(fill(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
