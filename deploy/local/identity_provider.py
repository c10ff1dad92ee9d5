"""An OpenID Connect provider for the local stack: anybody may be any of its users, so only this machine reaches it."""

import http.client
import sys
from collections.abc import Sequence
from functools import partial

from deploy.local import processes
from deploy.local.paths import StackPaths
from deploy.local.ports import HOST, split
from deploy.local.processes import Record

NAME = "identity"
PORT = 9400
_READY_SECONDS = 30


def start(paths: StackPaths, address: str, users: Sequence[str], *, owner: str) -> Record:
    """The provider at *address*, with a button for each of *users*; reused while these are the same."""
    wanted = " ".join([address, *users])
    if running := processes.find(paths, NAME):
        if running.settings == wanted:
            return running
        processes.stop(paths, [running])
    buttons = [part for user in users for part in ("--user", user)]
    return processes.start(
        paths,
        NAME,
        [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "oidc_provider_mock",
            "--host",
            HOST,
            "--port",
            str(split(address)[1]),
            *buttons,
        ],
        address=address,
        owner=owner,
        settings=wanted,
    )


def wait(paths: StackPaths, provider: Record) -> None:
    """Return when it answers."""
    processes.wait(paths, provider, partial(_answers, provider.address), _READY_SECONDS)


def _answers(address: str) -> bool:
    connection = http.client.HTTPConnection(*split(address), timeout=5)
    try:
        connection.request("GET", "/.well-known/openid-configuration")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
