"""A Kafka that lets in who has a password, to do what its ACLs say: docs/operations.md, done as it stands."""

import asyncio
import contextlib
import os
import re
import secrets
import shlex
import shutil
import socket
import subprocess
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from deploy.local import kafka, processes
from deploy.local.paths import StackPaths
from deploy.local.ports import HOST, free_port, split
from tests.stack import REPOSITORY
from tests.unit.events import authority

from natija_events.kafka import KafkaConfig
from natija_intake.publishers import access_rights

GUIDE = (REPOSITORY / "docs" / "operations.md").read_text().partition("\n## Kafka access rights\n")[2]
TOOLS = {"kafka-acls.sh": "org.apache.kafka.tools.AclCommand", "kafka-configs.sh": "kafka.admin.ConfigCommand"}
PRINCIPALS = (
    "registrar", "intake", "relay", "routing", "deadlines", "analytics", "import", "operator", "opener", "desk",
    "answers", "auditor", "provision",
)  # fmt: skip
_ALLOWED = re.compile(
    r"Principal = User:(\S+) is Allowed operation = (\w+) .* based on rule MatchingAcl\(acl=StandardAcl\["
    r"resourceType=(\w+), resourceName=([^,]+), patternType=\w+, principal=\S+, host=\*, operation=\2,"
)
"""The rule is the right itself: to look is allowed by every other right, too."""
_DENIED = re.compile(r"Principal = User:(\S+) is Denied operation = (\w+) .* on resource = (\w+):LITERAL:(\S+) ")
_GRANTED = re.compile(r"^\s*\(principal=User:(\S+), host=\*, operation=(\w+), permissionType=ALLOW\)")
_RESOURCE = re.compile(r"`ResourcePattern\(resourceType=(\w+), name=([^,]+), patternType=\w+\)`")

_ADMIN = "admin"
_LOGGED = """\
      - name: kafka.authorizer.logger
        level: debug
"""
_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"


def block(language: str) -> str:
    """The one block of code in *language* that the guide has."""
    [found] = re.findall(rf"^   ```{language}\n(.*?)^   ```$", GUIDE, re.MULTILINE | re.DOTALL)
    return textwrap.dedent(found)


class Right(NamedTuple):
    """*principal* may do *operation* on what is *named* so."""

    principal: str
    operation: str
    kind: str
    named: str


@dataclass(frozen=True, slots=True)
class Guarded:
    """The broker, and the passwords of its users."""

    folder: Path
    address: str
    authority: Path
    """Its certificate's."""
    brokers: str
    controller: str
    """Where brokers and controllers speak to each other."""
    passwords: dict[str, str]

    def as_user(self, name: str) -> KafkaConfig:
        """How *name* reaches it."""
        return KafkaConfig(self.address, name, self.passwords[name], self.authority)

    def settings(self, name: str) -> dict[str, str]:
        """The settings of a process that runs as the user *name*."""
        user = {"NATIJA_KAFKA_USER": name, "NATIJA_KAFKA_PASSWORD": self.passwords[name]}
        return {"NATIJA_KAFKA": self.address, "NATIJA_KAFKA_CA": str(self.authority), **user}

    def let_in(self, realm: str) -> None:
        """Make the users of *realm*, and give them their rights, as the guide says."""
        passwords = self.folder / "passwords"
        passwords.mkdir()
        for one in PRINCIPALS:
            self.passwords[f"{realm}.{one}"] = password = secrets.token_urlsafe()
            (passwords / one).write_text(password)
        self._run_as_admin(realm, block("sh"))

    def let_publisher_in(self, realm: str, source: str) -> str:
        """Make the user of the publisher *source*, and give it its rights, as `natija publisher add` prints them. Its
        name."""
        user = access_rights.principal(realm, source)
        self.passwords[user] = password = secrets.token_urlsafe()
        file = self.folder / f"{user}.password"
        file.write_text(password)
        self._run_as_admin(realm, access_rights.commands(realm, source, str(file)))
        return user

    def _run_as_admin(self, realm: str, commands: str) -> None:
        variables = {"NATIJA_KAFKA": self.address, "NATIJA_REALM": realm, "PATH": f"{self.folder}:{os.environ['PATH']}"}
        done = subprocess.run(
            ["bash", "-euc", commands],
            cwd=self.folder,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        with (self.folder / "granted").open("a") as stream:
            stream.write(done.stdout)

    def granted(self) -> set[Right]:
        """The rights that the guide gave."""
        found, resource = set(), ("", "")
        for line in (self.folder / "granted").read_text().splitlines():
            if named := _RESOURCE.search(line):
                resource = named[1], named[2]
            elif right := _GRANTED.match(line):
                found.add(Right(right[1], right[2], *resource))
        return found

    def used(self) -> set[Right]:
        """The rights without which something would have been denied."""
        return {Right(*found) for found in _ALLOWED.findall(self._log())}

    def denied(self) -> set[Right]:
        """The rights that somebody lacked."""
        return {Right(*found) for found in _DENIED.findall(self._log())}

    def _log(self) -> str:
        return StackPaths(self.folder / "state").log(kafka.NAME).read_text()


@contextmanager
def guarded() -> Iterator[Guarded]:
    """One, while the block lasts."""
    folder = Path(tempfile.mkdtemp(prefix="natija-guarded-"))
    clone, paths = StackPaths.of_clone(), StackPaths(folder / "state")
    clone.make()
    command = kafka.java(kafka.fetch_jars(clone))
    paths.make()
    try:
        found = _start(folder, paths, command)
        yield found
    finally:
        processes.stop(paths, processes.find_all(paths))
        shutil.rmtree(paths.sockets, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path, paths: StackPaths, command: list[str]) -> Guarded:
    ours, password = authority.create_authority(folder), secrets.token_urlsafe()
    clients, brokers, controller = (free_port() for _ in range(3))
    properties = folder / "server.properties"
    plain = kafka.PROPERTIES.format(
        node=1, host=HOST, port=clients, controller=controller, controllers=f"{HOST}:{controller}",
        data=paths.kafka / "data", replicas=1, in_sync=1,
    )  # fmt: skip
    listeners = f"listeners=CLIENTS://{HOST}:{clients},BROKERS://{HOST}:{brokers},"
    guard = block("properties").replace("/etc/kafka/broker.pem", str(ours.broker))
    guard = guard.replace("/etc/kafka/authority.pem", str(ours.certificate))
    properties.write_text(re.sub("^listeners=.*?,", listeners, plain, flags=re.MULTILINE) + guard)
    login = f'{_SCRAM} required username="{_ADMIN}" password="{password}";'
    (folder / "admin.properties").write_text(
        f"security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\nsasl.jaas.config={login}\n"
        f"ssl.truststore.type=PEM\nssl.truststore.location={ours.certificate}\n"
    )
    for name, main in TOOLS.items():
        (folder / name).write_text(f'#!/bin/sh\nexec {shlex.join(command)} {main} "$@"\n')
        (folder / name).chmod(0o700)
    scram = f"SCRAM-SHA-512=[name={_ADMIN},password={password}]"
    format = ["kafka.tools.StorageTool", "format", "--cluster-id=guarded", "-c", str(properties), "--standalone"]
    subprocess.run([*command, *format, "--add-scram", scram], check=True, capture_output=True)
    found = Guarded(
        folder, f"{HOST}:{clients}", ours.certificate, f"{HOST}:{brokers}", f"{HOST}:{controller}", {_ADMIN: password}
    )
    (folder / "log4j2.yaml").write_text(kafka.LOGGING.read_text() + _LOGGED)
    running = [*command, f"-Dlog4j2.configurationFile={folder / 'log4j2.yaml'}", "kafka.Kafka", str(properties)]
    record = processes.start(paths, kafka.NAME, running, address=found.address, owner="tests", with_parent=True)
    processes.wait(paths, record, lambda: asyncio.run(_answers(found.as_user(_ADMIN))), 60)
    return found


async def _answers(as_admin: KafkaConfig) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(split(as_admin.addresses), timeout=1):
        return await _lets_in(as_admin)
    return False


async def _lets_in(as_admin: KafkaConfig) -> bool:
    admin = AIOKafkaAdminClient(**as_admin.client_options())
    try:
        await admin.start()
    except KafkaError:
        return False
    finally:
        await admin.close()
    return True
