"""The real servers the tests run on, and realms of their own on them.

All workers of a run share one Kafka and one PostgreSQL. These are those of NATIJA_KAFKA and NATIJA_POSTGRES, or new
ones, started as by `make up` in a temporary folder. Tests drop no realm, so name servers that can be thrown away.

Most tests take `registry`, a realm that all tests of a session share: each reads its own appeals only. A test that
kills, drops or counts globally takes `realm` (a fresh realm of `tests.realm_pool`) or `realms` (a factory).
"""

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from deploy.local import kafka, processes, stack
from deploy.local.environment import database_template, new_key, of_process, public_key
from deploy.local.paths import StackPaths
from deploy.local.ports import free_port
from tests import prefork, realm_pool, signing
from tests.folders import needs_servers

from natija_chassis.services import management_port_variable, port_variable, service_infos
from natija_events.sealing.data_key import from_text
from natija_events.sealing.storage import KeyEncryptionKey
from natija_events.sealing.wrapping import RealmKey, RealmPublicKey

REPOSITORY = Path(__file__).resolve().parent.parent
NATIJA = Path(sys.executable).with_name("natija")
SERVICES = tuple(info.name for info in sorted(service_infos(), key=lambda info: info.reads == "log"))
"""Every installed process; first the registrar, since the others wait for what it writes."""
API_KEYS = REPOSITORY / "tests" / "api-keys.yaml"
"""The hashes of OPERATOR's key and of others."""
OPERATOR = {"Authorization": "Bearer natija_of-the-tests-operator"}
"""The headers of a request by an operator."""
STARTS_WITHIN = 180.0
"""Seconds in which a process must be ready: a limit for one that hangs, also where eight start on a busy machine."""
POOL = "NATIJA_TEST_REALM_POOL"
"""Variable in which the workers of `pytest -n` find the folder of the pool."""


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the session's servers listen."""

    kafka: str
    """`host:port` of the bootstrap broker."""
    postgres: str
    """URL of a superuser's connection, as asyncpg takes it: `postgresql://postgres@/postgres?host=/sockets`."""
    pool: Path | None = None
    """Folder of the realms made ahead on them, if any are; see `tests.realm_pool`."""


def hears_ctrl_c() -> None:
    """In a child before exec: follow SIGINT, even where the tests were started in the background without it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@dataclass(slots=True)
class Child:
    """A child process of a test, with what it has written so far."""

    arguments: tuple[str, ...]
    process: prefork.ForkedProcess | asyncio.subprocess.Process
    log: Path
    url: str | None = None
    management_url: str | None = None

    def output(self) -> str:
        """All it wrote to stdout and stderr."""
        return self.log.read_text(errors="replace")

    async def until_ready(self, seconds: float = STARTS_WITHIN) -> None:
        """Return when `/ready` answers 200; raise, with its log's end, if it ended or *seconds* passed."""
        async with httpx.AsyncClient(timeout=2, trust_env=False) as client, asyncio.timeout(seconds):
            while True:
                if self.process.returncode is not None:
                    raise AssertionError(
                        f"{self.arguments} ended with {self.process.returncode}:\n{self.output()[-4000:]}"
                    )
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get(f"{self.management_url}/ready")).status_code == 200:
                        return
                await asyncio.sleep(0.1)

    async def stop(self, sign: signal.Signals = signal.SIGTERM, seconds: float = 20) -> int:
        """Send *sign*, wait for the end (SIGKILL after *seconds*) and return the exit code."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(sign)
        try:
            return await asyncio.wait_for(self.process.wait(), seconds)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
            raise AssertionError(
                f"{self.arguments} ignored {sign.name} for {seconds} s:\n{self.output()[-4000:]}"
            ) from None

    async def kill(self) -> None:
        """`kill -9`."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()


@dataclass(frozen=True, slots=True)
class Completed:
    """The result of a command."""

    code: int
    stdout: str
    stderr: str

    def json(self) -> Any:
        """Its stdout read as JSON."""
        return json.loads(self.stdout)


@dataclass(slots=True)
class Realm:
    """One provisioned realm: its name, and the environment in which `natija` works in it."""

    name: str
    servers: Servers
    folder: Path
    environment: dict[str, str]
    """The NATIJA_ variables only; ports are free ones chosen beforehand."""
    children: list[Child] = field(default_factory=list)

    def database(self, service: str) -> str:
        """SQLAlchemy URL of *service*'s database, as its own role."""
        return self.environment["NATIJA_DATABASE"].format(service=service, realm=self.name)

    @property
    def public_key(self) -> RealmPublicKey:
        """The key with which publishers seal."""
        return RealmPublicKey.from_text(self.environment["NATIJA_REALM_PUBLIC_KEY"], self.name)

    @property
    def private_key(self) -> RealmKey:
        """The key that opens what publishers sealed."""
        return RealmKey(_raw(self.environment["NATIJA_REALM_KEY"]), self.name)

    @property
    def kek(self) -> KeyEncryptionKey:
        """The key that wraps data keys."""
        return KeyEncryptionKey(_raw(self.environment["NATIJA_KEY_ENCRYPTION_KEY"]), self.name, 1)

    def url(self, service: str) -> str:
        """Where *service* answers HTTP once it runs."""
        return f"http://127.0.0.1:{self.environment[port_variable(service)]}"

    def management_url(self, service: str) -> str:
        """Where *service* answers about itself once it runs."""
        return f"http://127.0.0.1:{self.environment[management_port_variable(service)]}"

    async def run(self, *arguments: str, seconds: float = 90, expect: int | None = 0, **variables: str) -> Completed:
        """Run `natija ARGUMENTS` to its end; *variables* are set over the realm's.

        Raises AssertionError, with what it printed, when the exit code is not *expect* (None: any).
        """
        name = secrets.token_hex(4)
        out, err = self.folder / f"{name}.out", self.folder / f"{name}.err"
        process = await self._start(arguments, variables, out, err)
        try:
            code = await asyncio.wait_for(process.wait(), seconds)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            raise
        done = Completed(code, out.read_text(), err.read_text())
        if expect is not None and done.code != expect:
            raise AssertionError(
                f"natija {' '.join(arguments)} ended with {done.code}:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
            )
        return done

    async def start(self, *arguments: str, **variables: str) -> Child:
        """Start `natija ARGUMENTS` in the background; it is killed when the test ends, if not before."""
        log = self.folder / f"{'-'.join(arguments[:2])}-{len(self.children)}.log".replace("/", "_")
        process = await self._start(arguments, variables, log, log)
        child = Child(arguments, process, log)
        self.children.append(child)
        return child

    async def serve(self, service: str, *, ready: bool = True, **variables: str) -> Child:
        """Start the process of *service* and, unless *ready* is false, wait until it is caught up and moving.

        One that gets another port than the realm's gets another management port, too.
        """
        port, management = variables.get(port_variable(service)), self.environment[management_port_variable(service)]
        if port:
            management = str(free_port(without=frozenset([int(port)])))
        variables[management_port_variable(service)] = management
        child = await self.start("serve", service, **variables)
        child.url = f"http://127.0.0.1:{port}" if port else self.url(service)
        child.management_url = f"http://127.0.0.1:{management}"
        if ready:
            await child.until_ready()
        return child

    async def _start(
        self, arguments: Sequence[str], variables: dict[str, str], out: Path, err: Path
    ) -> prefork.ForkedProcess | asyncio.subprocess.Process:
        given = self.environment | variables
        if arguments[0] == "serve":
            given = of_process(given, arguments[1])
        request = prefork.Request(list(arguments), prefork.environment(given), str(self.folder), str(out), str(err))
        return await prefork.start(request) or await prefork.execute([str(NATIJA)], request)


def _raw(key: str) -> bytes:
    return from_text(key.rstrip("="))


Realms = Callable[..., Awaitable[Realm]]
"""`await realms(name, **variables)`: one more provisioned realm, *variables* set over its environment."""


def environment(name: str, servers: Servers, folder: Path) -> dict[str, str]:
    """In which `natija` works in the realm *name*, with keys of its own and ports that are free."""
    registration_secrets = folder / "registration-secrets"
    registration_secrets.write_text(new_key())
    realm_key = new_key()
    variables = {
        "NATIJA_TESTING": "1",  # failpoints may be armed
        "NATIJA_REALM": name,
        "NATIJA_JURISDICTION": "KG",
        "NATIJA_KAFKA": servers.kafka,
        "NATIJA_POSTGRES": servers.postgres,
        "NATIJA_DATABASE": database_template(servers.postgres),
        "NATIJA_REALM_KEY": realm_key,
        "NATIJA_REALM_PUBLIC_KEY": public_key(realm_key),
        "NATIJA_KEY_ENCRYPTION_KEY": new_key(),
        "NATIJA_NUMBER_SECRET": new_key(),
        "NATIJA_ACCESS_CODE_SECRET": new_key(),
        "NATIJA_REGISTRATION_SECRETS": str(registration_secrets),
        "NATIJA_CLOCK": f"file:{folder / 'clock.json'}",
        "NATIJA_KEYS": str(folder / "keys" / "{process}"),
        "NATIJA_REALM_FILES": str(realm_pool.REALM_FILES),
        "NATIJA_HOST": "127.0.0.1",
        "NATIJA_API_KEYS": str(API_KEYS),
        "NATIJA_APPEALS_PER_MINUTE": "0",  # tests and measurements have one address
        "NATIJA_ENV_FILE": str(folder / "none.env"),
    }
    signing.write_keys(folder / "keys")
    ports: list[int] = []
    names = [variable(one) for one in SERVICES for variable in (port_variable, management_port_variable)]
    for _ in names:
        ports.append(free_port(without=frozenset(ports)))  # nobody listens yet: chance alone could give one twice
    return variables | {name: str(port) for name, port in zip(names, ports, strict=True)}


@contextmanager
def running_servers(*, throwaway: bool = False) -> Iterator[Servers]:
    """Kafka and PostgreSQL, while the block lasts. A *throwaway* PostgreSQL may lose its data when the machine dies."""
    folder = Path(tempfile.mkdtemp(prefix="natija-"))
    clone, paths = StackPaths.of_clone(), StackPaths(folder)
    if not os.environ.get("NATIJA_KAFKA"):
        clone.make()
        kafka.fetch_jars(clone)
        paths.jars.symlink_to(clone.jars)
    try:
        found = stack.servers_up(paths, owner="tests", with_parent=True)
        if throwaway and not os.environ.get("NATIJA_POSTGRES"):
            asyncio.run(_relax(found.postgres))
        yield Servers(found.kafka, found.postgres)
    finally:
        processes.stop(paths, processes.find_all(paths))
        shutil.rmtree(folder, ignore_errors=True)


async def _relax(postgres: str) -> None:
    """Spare the disk, and the visits of autovacuum to some hundred databases."""
    import asyncpg

    connection = await asyncpg.connect(postgres)
    try:
        for setting in ("fsync = off", "full_page_writes = off", "autovacuum_naptime = '10min'"):
            await connection.execute(f"alter system set {setting}")
        await connection.execute("select pg_reload_conf()")
    finally:
        await connection.close()


@contextmanager
def servers_with_pool() -> Iterator[Servers]:
    """The servers of a test session, and the pool of realms on them, while the block lasts."""
    with running_servers(throwaway=True) as found, tempfile.TemporaryDirectory(prefix="natija-realms-") as folder:
        pool = Path(folder) / "ready"
        with realm_pool.filling(found.kafka, found.postgres, pool):
            yield replace(found, pool=pool)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    """Before the workers of `pytest -n` start: the servers and the pool, which they find in their environment."""
    if any(needs_servers(Path(argument.partition("::")[0]).resolve()) for argument in config.args):
        held = contextlib.ExitStack()
        config.add_cleanup(held.close)
        found = held.enter_context(servers_with_pool())
        os.environ.update(NATIJA_KAFKA=found.kafka, NATIJA_POSTGRES=found.postgres, **{POOL: str(found.pool)})


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Kafka and PostgreSQL of this session."""
    if pool := os.environ.get(POOL):
        yield Servers(os.environ["NATIJA_KAFKA"], os.environ["NATIJA_POSTGRES"], Path(pool))
    else:
        with servers_with_pool() as found:
            yield found


@asynccontextmanager
async def provisioned_realms(servers: Servers, folder: Path) -> AsyncIterator[Realms]:
    """A factory of provisioned realms that keep their files in *folder*; what runs in them is killed at the end."""
    made: list[Realm] = []

    async def make(name: str = "", **variables: str) -> Realm:
        ready = realm_pool.take(servers.pool) if servers.pool and not name else None
        name = ready or name or realm_pool.new_name()
        (folder / name).mkdir(parents=True)
        realm = Realm(name, servers, folder / name, environment(name, servers, folder / name) | variables)
        made.append(realm)
        if not ready:
            await realm_pool.make(name, servers.kafka, servers.postgres, realm.environment["NATIJA_DATABASE"])
        return realm

    try:
        yield make
    finally:
        await asyncio.gather(*[child.kill() for realm in made for child in realm.children])


@pytest_asyncio.fixture(loop_scope="session")
async def realms(servers: Servers, tmp_path: Path) -> AsyncIterator[Realms]:
    """A factory of provisioned realms; what runs in them is killed when the test ends."""
    async with provisioned_realms(servers, tmp_path) as make:
        yield make


@pytest_asyncio.fixture(loop_scope="session")
async def realm(realms: Realms) -> Realm:
    """One provisioned realm."""
    return await realms()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def registry(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Realm]:
    """One realm with a registrar, for all tests of the session that need no more and look at their own appeals only."""
    async with provisioned_realms(servers, tmp_path_factory.mktemp("registry")) as make:
        realm = await make()
        await realm.serve("registrar")
        yield realm
