"""Child processes without their start: a server imports Natija once and forks a process for each command.

A `natija` process needs 1.5 s of CPU to import its libraries, and the tests start hundreds of processes. A forked one
has a pid of its own: it is killed, stopped and awaited like any other. `make faults` and `make bench` execute the
installed program instead, and so does a process whose imports are altered by PYTHONPATH.

    python -m tests.prefork FD    serves requests on the socket FD until its other end is closed
"""

import asyncio
import contextlib
import json
import logging
import os
import runpy
import select
import signal
import socket
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NoReturn
from weakref import WeakKeyDictionary

from deploy.local.processes import die_with_parent

REPOSITORY = Path(__file__).resolve().parent.parent
enabled = False
"""Set by `tests/conftest.py`: whether `start` may fork."""


class Request(NamedTuple):
    """A process to fork: `natija ARGUMENTS`, or `python -m MODULE ARGUMENTS`. *output* and *errors* are files."""

    arguments: list[str]
    environment: dict[str, str]
    folder: str
    output: str
    errors: str
    module: str | None = None


class ForkedProcess:
    """A child of the server, with the methods that tests use of `asyncio.subprocess.Process`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = asyncio.Event()

    def send_signal(self, number: int) -> None:
        """Send the signal *number*. Raises ProcessLookupError after the end, when another may have the pid."""
        if self.returncode is not None:
            raise ProcessLookupError(self.pid)
        os.kill(self.pid, number)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> int:
        """The exit code, negative for a signal, once the process has ended."""
        await self._ended.wait()
        assert self.returncode is not None
        return self.returncode

    def end(self, code: int) -> None:
        """Note that the process has ended."""
        self.returncode = code
        self._ended.set()


class Prefork:
    """The client of one server. It belongs to the event loop in which it was started."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._starting: asyncio.Queue[asyncio.Future[ForkedProcess]] = asyncio.Queue()
        self._running: dict[int, ForkedProcess] = {}
        self._task = asyncio.create_task(self._read())

    @classmethod
    async def open(cls) -> "Prefork":
        """Start a server. It ends with this process."""
        ours, theirs = socket.socketpair()
        with theirs:
            await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.prefork", str(theirs.fileno()), cwd=REPOSITORY,
                stdin=asyncio.subprocess.DEVNULL, pass_fds=[theirs.fileno()], preexec_fn=die_with_parent,
            )  # fmt: skip
        return cls(*await asyncio.open_connection(sock=ours))

    async def start(self, request: Request) -> ForkedProcess:
        """Fork a process for *request*."""
        started = asyncio.get_running_loop().create_future()
        self._starting.put_nowait(started)
        self._writer.write(json.dumps(request._asdict()).encode() + b"\n")
        return await asyncio.shield(started)

    async def _read(self) -> None:
        while line := await self._reader.readline():
            message = json.loads(line)
            if "code" in message:
                self._running.pop(message["pid"]).end(message["code"])
            else:
                process = self._running[message["pid"]] = ForkedProcess(message["pid"])
                self._starting.get_nowait().set_result(process)


_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[Prefork]] = WeakKeyDictionary()
"""A server for each event loop that starts processes: nearly all tests share one loop."""


async def start(request: Request) -> ForkedProcess | None:
    """Fork a process for *request*; None where it must be executed instead."""
    if not enabled or "PYTHONPATH" in request.environment:
        return None
    for path in request.output, request.errors:
        _appending(path).close()  # as for an executed process, the files are there once it has started
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        _clients[loop] = loop.create_task(Prefork.open())
    return await (await _clients[loop]).start(request)


def _appending(path: str) -> BinaryIO:
    return open(path, "ab")


async def execute(program: Sequence[str], request: Request) -> asyncio.subprocess.Process:
    """Execute *program* with what *request* says."""
    with _appending(request.output) as output, _appending(request.errors) as errors:
        return await asyncio.create_subprocess_exec(
            *program, *request.arguments, env=request.environment, cwd=request.folder,
            stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=errors, preexec_fn=die_with_parent,
        )  # fmt: skip


def serve(channel: socket.socket) -> None:
    """Fork a process for each line on *channel*, and write a line when one has started and when one has ended."""
    _import_natija()
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    unread = b""
    while True:
        ready, _, _ = select.select([channel.fileno(), woken], [], [])
        if channel.fileno() in ready:
            received = channel.recv(65_536)
            if not received:
                return
            *lines, unread = (unread + received).split(b"\n")
            for line in lines:
                _send(channel, pid=_fork(Request(**json.loads(line)), channel))
        if woken in ready:
            os.read(woken, 4096)
            for pid, code in _ended():
                _send(channel, pid=pid, code=code)


def _import_natija() -> None:
    from natija_chassis.process import serve as _  # noqa: F401
    from natija_chassis.services import resolve, service_infos

    for info in service_infos():
        resolve(info.start)


def _send(channel: socket.socket, **message: int) -> None:
    channel.sendall(json.dumps(message).encode() + b"\n")


def _ended() -> Iterator[tuple[int, int]]:
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            yield ended[0], os.waitstatus_to_exitcode(ended[1])


def _fork(request: Request, channel: socket.socket) -> int:
    pid = os.fork()
    if not pid:
        channel.close()
        _run(request)
    return pid


def _run(request: Request) -> NoReturn:
    """Be the process of *request*, to its end."""
    code: Any = 1
    try:
        _become(request)
        if request.module is None:
            from natija_chassis.cli.app import main

            main()
        else:
            runpy.run_module(request.module, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code or 0
        if not isinstance(code, int):
            print(code, file=sys.stderr)
            code = 1
    except BaseException:
        traceback.print_exc()
    finally:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _become(request: Request) -> None:
    die_with_parent()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(request.folder)
    os.environ.clear()
    os.environ.update(request.environment)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    for descriptor, path in (1, request.output), (2, request.errors):
        os.dup2(os.open(path, flags, 0o644), descriptor)
    sys.argv = [request.module or "natija", *request.arguments]


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """The environment of a child: this process' own without NATIJA_ variables, and *variables*."""
    return {name: value for name, value in os.environ.items() if not name.startswith("NATIJA_")} | dict(variables)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
