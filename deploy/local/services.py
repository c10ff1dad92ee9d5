"""The eight processes of Natija: started together, ready together."""

import hashlib
import http.client
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from deploy.local import processes
from deploy.local.environment import API_KEY, SERVICES, of_process
from deploy.local.errors import with_log
from deploy.local.paths import REPOSITORY, StackPaths
from deploy.local.ports import HOST, split
from deploy.local.processes import Record
from natija_chassis.services import management_port_variable

NATIJA = str(Path(sys.executable).with_name("natija"))
_READY_SECONDS = 90


def held(paths: StackPaths) -> frozenset[str]:
    """The services that run."""
    return frozenset(service for service in SERVICES if processes.find(paths, service))


def environment(paths: StackPaths, values: Mapping[str, str]) -> dict[str, str]:
    """The environment of a child process: the settings of this stack, and of no other."""
    return dict(values) | {"NATIJA_ENV_FILE": str(paths.settings)}


def _environment_of(service: str, values: Mapping[str, str]) -> dict[str, str | None]:
    """The environment of the process of *service*: its own variables, without the file that holds all keys."""
    inherited = {name: None for name in os.environ if name.startswith("NATIJA_") and name in values}
    return {**inherited, **of_process(values, service), "NATIJA_ENV_FILE": os.devnull}


def provision(paths: StackPaths, values: Mapping[str, str]) -> None:
    """Make the realm's topics, databases and roles, as far as they are missing."""
    log = paths.log("provision")
    variables = os.environ | environment(paths, values)
    with log.open("wb") as stream:
        done = subprocess.run(
            [NATIJA, "provision"], env=variables, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream
        )
    if done.returncode:
        raise with_log("the realm's topics and databases could not be made", log)


def up(paths: StackPaths, values: Mapping[str, str], *, owner: str) -> list[Record]:
    """All of them, ready: reused when they run with these settings and today's code, else started, at once."""
    fingerprint = _fingerprint(values)
    running = [record for service in SERVICES if (record := processes.find(paths, service))]
    owners = {record.name: record.owner for record in running}  # one that is started again stays whose it was
    processes.stop(paths, [record for record in running if record.settings != fingerprint])
    records = [_start(paths, service, values, owners.get(service, owner), fingerprint) for service in SERVICES]
    for record in records:
        processes.wait(paths, record, partial(ready, f"http://{record.address}"), _READY_SECONDS)
    return records


def _start(paths: StackPaths, service: str, values: Mapping[str, str], owner: str, fingerprint: str) -> Record:
    if running := processes.find(paths, service):
        return running
    return processes.start(
        paths,
        service,
        [NATIJA, "serve", service],
        address=f"{HOST}:{values[management_port_variable(service)]}",
        owner=owner,
        environment=_environment_of(service, values),
        settings=fingerprint,
    )


def _fingerprint(values: Mapping[str, str]) -> str:
    """Settings and code as one word: another one and a running service is of yesterday."""
    sources = [path for part in ("libs", "services", "deploy/realms") for path in (REPOSITORY / part).rglob("*.[py]*")]
    newest = max((path.stat().st_mtime_ns for path in sources if path.suffix in (".py", ".yaml")), default=0)
    return hashlib.sha256(json.dumps([newest, sorted(values.items())]).encode()).hexdigest()[:16]


def as_operator(url: str) -> str:
    """The shell command that reads *url* with the operator's key of the local stack."""
    key = f"$(sed -n s/^{API_KEY}=//p .local/natija.env)"
    return f'curl -H "Authorization: Bearer {key}" {url}'


def ready(url: str) -> bool:
    """Whether the process at *url* is ready."""
    host, port = split(url.removeprefix("http://"))
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
