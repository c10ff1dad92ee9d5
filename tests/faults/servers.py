"""A Kafka and a PostgreSQL to break: killed, stopped, continued, started again where they listened before."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local import kafka, postgres, processes
from deploy.local.paths import StackPaths
from deploy.local.processes import Record
from tests.eventually import eventually
from tests.stack import Servers

DISK_BYTES = 512 << 20
_OWNER = "faults"


@dataclass(frozen=True, slots=True)
class Breakable:
    """Servers of the faults' own, so that no other test feels it."""

    paths: StackPaths
    kafka: str
    """`host:port` of the broker, or of all of them, separated by commas; that never changes."""
    small_disk: bool
    """Whether Kafka's data is on a disk of its own, so small that it can be filled."""

    @property
    def servers(self) -> Servers:
        """Where they listen."""
        return Servers(self.kafka, f"postgresql://postgres@/postgres?host={self.paths.sockets}")

    def send(self, name: str, number: signal.Signals) -> None:
        """Send the server *name* a signal."""
        os.kill(self._running(name).pid, number)

    async def kill(self, name: str) -> None:
        """`kill -9` of the server *name*; return when it is gone."""
        record = self._running(name)
        os.kill(record.pid, signal.SIGKILL)
        await eventually(lambda: not record.alive, message=f"{name} is gone")

    async def wait_until_kafka_exits(self, seconds: float = 30) -> None:
        """Return once it has ended by itself, which it does when it cannot write any more."""
        await eventually(lambda: processes.find(self.paths, kafka.NAME) is None, seconds=seconds)

    async def start_kafka(self) -> None:
        """Start each broker that does not run, where it listened, and return when all answer."""
        found = kafka.start(self.paths, owner=_OWNER, with_parent=True)
        found = await asyncio.to_thread(kafka.wait, self.paths, found)
        assert ",".join(record.address for record in found) == self.kafka, "somebody took a port meanwhile"

    async def start_postgres(self) -> None:
        """Start it, unless it runs, and return when it answers."""
        record = postgres.start(self.paths, owner=_OWNER, with_parent=True)
        await asyncio.to_thread(postgres.wait, self.paths, record)

    def fill_disk(self) -> None:
        """Leave no room on Kafka's disk."""
        chunk = bytes(1 << 20)
        with contextlib.suppress(OSError), self._ballast.open("wb", buffering=0) as ballast:
            while ballast.write(chunk):
                pass

    def free_disk(self) -> None:
        """Give the room back."""
        self._ballast.unlink(missing_ok=True)

    @property
    def _ballast(self) -> Path:
        return self.paths.kafka / "ballast"

    async def fix(self) -> None:
        """Both run and answer, whatever a test that failed left behind."""
        for record in processes.find_all(self.paths):
            os.kill(record.pid, signal.SIGCONT)
        self.free_disk()
        await self.start_kafka()
        await self.start_postgres()

    def _running(self, name: str) -> Record:
        record = processes.find(self.paths, name)
        assert record is not None, f"{name} does not run"
        return record


def _mount(folder: Path) -> bool:
    """Put a small disk of memory at *folder*; False where this user may not."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    return os.getuid() == 0 and subprocess.run(command, capture_output=True).returncode == 0


@contextmanager
def breakable(brokers: int = 1) -> Iterator[Breakable]:
    """The servers, Kafka of so many *brokers*, while the block lasts."""
    folder = Path(tempfile.mkdtemp(prefix="natija-faults-"))
    clone, paths = StackPaths.of_clone(), StackPaths(folder)
    clone.make()
    jars = kafka.fetch_jars(clone).parent
    paths.make()
    paths.jars.symlink_to(jars)
    small_disk = brokers == 1 and _mount(paths.kafka)
    try:
        begun = kafka.start(paths, owner=_OWNER, preferred=0, brokers=brokers, with_parent=True)
        postgres.wait(paths, postgres.start(paths, owner=_OWNER, with_parent=True))
        begun = kafka.wait(paths, begun, with_parent=True)
        yield Breakable(paths, ",".join(record.address for record in begun), small_disk)
    finally:
        running = processes.find_all(paths)
        for record in running:
            os.kill(record.pid, signal.SIGCONT)
        processes.stop(paths, running)
        if small_disk:
            subprocess.run(["umount", "--lazy", paths.kafka], check=True)
        shutil.rmtree(paths.sockets, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
