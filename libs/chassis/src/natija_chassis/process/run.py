"""One process of Natija: its HTTP servers and the parts that run beside them, started and stopped together."""

import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import uvicorn
from fastapi import FastAPI

from natija_chassis.observability import logs
from natija_chassis.process.apps import Apps
from natija_chassis.process.connections import Connections, Limits, allow_open_files
from natija_chassis.process.http_protocol import HttpServer, LimitedProtocol
from natija_chassis.settings import Settings

BackgroundTask = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
"""A task runs until the event is set. Then it completes its work within `settings.drain` and returns."""

MANAGEMENT_LIMITS = Limits(connections=100, per_address=100)
log = logging.getLogger(__name__)


async def run(apps: Apps, settings: Settings, parts: Sequence[BackgroundTask] = ()) -> None:
    """Serve *apps* and run *parts* until SIGTERM or SIGINT. If one fails, all end and its error is raised."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().set_exception_handler(logs.unhandled)
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, stopping.set)
    tasks = [asyncio.create_task(part(stopping)) for part in (*_servers(apps, settings), *parts)]
    for task in tasks:
        task.add_done_callback(lambda _: stopping.set())
    await stopping.wait()
    cut = _cut_off_after(settings.drain.total_seconds() + 0.8)
    if await _end(tasks, settings.drain.total_seconds()):
        cut.cancel()
    for task in tasks:
        if task.done() and not task.cancelled() and (error := task.exception()):
            raise error


async def _end(tasks: Sequence[asyncio.Task[None]], seconds: float) -> bool:
    """Let *tasks* drain for *seconds*, then cancel what is left. True when nothing was."""
    _, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        task.cancel()
    if late:
        log.warning("%d parts did not drain in %.1f s and were cut off", len(late), seconds)
        await asyncio.wait(late, timeout=0.5)
    return not late


def _cut_off_after(seconds: float) -> threading.Timer:
    """End the process after *seconds*, even if something hangs. Incomplete work is in a transaction, and is undone."""
    timer = threading.Timer(seconds, os._exit, [1])
    timer.daemon = True
    timer.start()
    return timer


def _servers(apps: Apps, settings: Settings) -> Sequence[BackgroundTask]:
    """A server for each port. A flood of the one leaves the connections of the other."""
    most = allow_open_files(settings.max_connections + MANAGEMENT_LIMITS.connections) - MANAGEMENT_LIMITS.connections
    limits = Limits(max(1, most), settings.max_connections_per_address)
    return (
        _serving(apps.api, settings.host, settings.port, Connections("api", limits)),
        _serving(
            apps.management,
            settings.management_host,
            settings.management_port,
            Connections("management", MANAGEMENT_LIMITS),
        ),
    )


def _serving(app: FastAPI, host: str, port: int, connections: Connections) -> BackgroundTask:
    listener = _listen(host, port)
    protocol: Any = partial(LimitedProtocol, limited=connections)
    config = uvicorn.Config(
        app, http=protocol, log_config=None, access_log=False, timeout_graceful_shutdown=2, lifespan="off", ws="none",
        proxy_headers=False, server_header=False,
    )  # fmt: skip
    server = _Server(config, connections)

    async def serve(stopping: asyncio.Event) -> None:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        stop = asyncio.create_task(stopping.wait())
        await asyncio.wait([serving, stop], return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        server.should_exit = True
        await serving

    return serve


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket; OSError names the address when somebody else has it."""
    try:
        listener = socket.create_server((host, port), backlog=256)
    except OSError as error:
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from None
    log.info("listening on http://%s:%d", *listener.getsockname()[:2])
    return listener


class _Server(HttpServer):
    """Without signal handlers: `run` has them."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
