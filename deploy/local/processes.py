"""Background processes known by a pid file: started, recognised again, stopped.

A pid alone identifies nothing, since the kernel reuses it. So the file also holds the start mark of the process.
"""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from urllib.parse import unquote

from deploy.local.errors import with_log
from deploy.local.paths import StackPaths

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Record:
    """One background process, as its pid file names it."""

    name: str
    pid: int
    start_mark: str
    """When it started; see `start_mark`."""
    owner: str
    """`up` stays until `make down`; `demo:PID:START` belongs to that demo and is stopped with it."""
    address: str
    stop_signal: int
    settings: str
    """A fingerprint of the settings that it was started with, made by the caller."""

    @property
    def where(self) -> str:
        """The address in readable form: `host:port`, or the folder of the socket."""
        return unquote(self.address.rpartition("?host=")[2])

    @property
    def alive(self) -> bool:
        """Whether this process still runs."""
        return start_mark(self.pid) == self.start_mark


def start_mark(pid: int) -> str | None:
    """The boot and the tick in which *pid* started, or None when it does not run.

    These identify a process for good. (`psutil.Process.create_time` moves with the system clock.) A zombie does not
    run, unless threads of it still do: they hold its ports and files.
    """
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    if state in "ZX" and int(rest[16]) <= 1:
        return None
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}/{rest[18]}"


def find(paths: StackPaths, name: str) -> Record | None:
    """The running process *name*; a pid file that outlived its process is removed."""
    path = paths.run(name)
    try:
        record = Record(**json.loads(path.read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        path.unlink(missing_ok=True)
        return None
    if record.alive:
        return record
    path.unlink(missing_ok=True)
    return None


def find_all(paths: StackPaths) -> list[Record]:
    """Every running process of this stack, in the order in which they were started."""
    files = (paths.state / "run").glob("*.json")
    records = [record for path in files if (record := find(paths, path.stem))]
    return sorted(records, key=lambda record: (int(record.start_mark.rpartition("/")[2]), record.pid))


def start(
    paths: StackPaths,
    name: str,
    command: Sequence[str],
    *,
    address: str,
    owner: str,
    environment: Mapping[str, str | None] | None = None,
    settings: str = "",
    stop_signal: signal.Signals = signal.SIGTERM,
    with_parent: bool = False,
) -> Record:
    """Start *command* in a session of its own, its output in its log; *environment* is set over ours; a None takes out.

    The log of the run before is kept beside it as `.log.1`. With *with_parent* the kernel sends *stop_signal* when this
    process dies (to be exact, the thread that calls).
    """

    path = paths.log(name)
    if path.exists():
        path.replace(path.with_suffix(".log.1"))
    # After an interruption between the two, a process would run without a record.
    with signals_deferred(), path.open("wb") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=paths.state,
            env={name: one for name, one in {**os.environ, **(environment or {})}.items() if one is not None},
            start_new_session=True,
            preexec_fn=partial(die_with_parent, stop_signal) if with_parent else None,
        )
        record = Record(name, process.pid, start_mark(process.pid) or "", owner, address, int(stop_signal), settings)
        write(paths, record)
    return record


@contextmanager
def signals_deferred() -> Iterator[None]:
    """Put off SIGINT, SIGTERM and SIGHUP until the block has ended.

    By a handler of our own: to ignore or block them would pass on to the children that are started meanwhile.
    """
    caught: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: caught.append(number))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for late in caught:
        signal.raise_signal(late)


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """In a child before exec: the kernel sends it the signal *number* when its parent dies, however that happens."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(number))


def wait(paths: StackPaths, record: Record, answers: Callable[[], bool], seconds: float) -> None:
    """Return when it *answers*.

    Raises LocalStackError, with the end of its log, when it ended or *seconds* passed.
    """
    end = time.monotonic() + seconds
    while not answers():
        if not record.alive:
            paths.run(record.name).unlink(missing_ok=True)
            raise with_log(f"{record.name} ended while it started", paths.log(record.name))
        if time.monotonic() > end:
            raise with_log(f"{record.name} was not ready within {seconds:.0f} s", paths.log(record.name))
        time.sleep(0.05)


def write(paths: StackPaths, record: Record) -> None:
    """Write its pid file, whole or not at all."""
    path = paths.run(record.name)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(asdict(record), indent=1))
    draft.replace(path)


def stop(paths: StackPaths, records: Iterable[Record], *, patience: float = 20) -> list[Record]:
    """Ask all to stop, wait up to *patience* seconds together, kill and return those that did not."""
    records = list(records)
    for record in records:
        _signal(record, record.stop_signal)
    end = time.monotonic() + patience
    left = records
    while (left := [record for record in left if record.alive]) and time.monotonic() < end:
        _reap(left)
        time.sleep(0.05)
    for record in left:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(record.pid, signal.SIGKILL)
    while any(record.alive for record in left):
        _reap(left)
        time.sleep(0.02)
    _reap(records)
    for record in records:
        paths.run(record.name).unlink(missing_ok=True)
    return left


def _signal(record: Record, number: int) -> None:
    if record.alive:
        with contextlib.suppress(ProcessLookupError):
            os.kill(record.pid, number)


def _reap(records: Iterable[Record]) -> None:
    """Take the exit codes of those that are our children."""
    for record in records:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(record.pid, os.WNOHANG)
