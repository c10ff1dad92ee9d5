"""The whole stack: brought up, taken down, forgotten."""

import asyncio
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from deploy.local import (
    demo_officials,
    environment,
    identity_provider,
    kafka,
    postgres,
    processes,
    realm_files,
    services,
)
from deploy.local.errors import LocalStackError
from deploy.local.paths import REPOSITORY, StackPaths
from deploy.local.processes import Record

UP = "up"
"""The owner of what stays until `make down`."""


@dataclass(frozen=True, slots=True)
class Servers:
    """Where Kafka and PostgreSQL answer."""

    kafka: str
    """`host:port`, of several brokers separated by commas."""
    postgres: str
    """URL of a superuser's connection."""


def servers_up(paths: StackPaths, *, owner: str, with_parent: bool = False) -> Servers:
    """Both servers, answering: those of NATIJA_KAFKA and NATIJA_POSTGRES where set, else ours."""
    paths.make()
    given_kafka, given_postgres = os.environ.get("NATIJA_KAFKA", ""), os.environ.get("NATIJA_POSTGRES", "")
    _check_given(given_kafka, given_postgres)
    brokers, database = [], None
    if not given_kafka:
        brokers = kafka.start(paths, owner=owner, brokers=_brokers_wanted(), with_parent=with_parent)
    if not given_postgres:
        database = postgres.start(paths, owner=owner, with_parent=with_parent)
        postgres.wait(paths, database)
    if brokers:
        brokers = kafka.wait(paths, brokers, with_parent=with_parent)
    return Servers(
        ",".join(broker.address for broker in brokers) or given_kafka,
        database.address if database else given_postgres,
    )


def _brokers_wanted() -> int:
    wanted = os.environ.get("NATIJA_BROKERS", "1")
    if wanted not in ("1", "3"):
        raise LocalStackError("NATIJA_BROKERS is 1 or 3")
    return int(wanted)


def up(paths: StackPaths, *, owner: str = UP) -> dict[str, str]:
    """Servers, topics and databases, the identity provider, the eight processes: all ready when this returns.

    Gives the settings.
    """
    with paths.locked():
        servers = servers_up(paths, owner=owner)
        values = environment.compose(paths, kafka=servers.kafka, postgres=servers.postgres, held=_held(paths))
        environment.write(paths, values)
        _write_realm_files(paths, values)
        provider = _start_provider(paths, values, owner)
        services.provision(paths, values)
        services.up(paths, values, owner=owner)
        if provider is not None:
            identity_provider.wait(paths, provider)
        _claim(paths, owner)
        return values


def _write_realm_files(paths: StackPaths, values: Mapping[str, str]) -> None:
    """Write the realm's files with keys. The environment may name another folder than that of the repository."""
    given = os.environ.get("NATIJA_REALM_FILES")
    template = REPOSITORY / "deploy" / "realms" / values["NATIJA_REALM"]
    if given and Path(given).resolve() != paths.realm.resolve():  # where the settings of this stack are in our own
        template = Path(given)
    if not template.is_dir():
        raise LocalStackError(f"{template} does not exist: NATIJA_REALM_FILES names the folder of the realm's files")
    desks = dict.fromkeys(one.body for one in demo_officials.officials(template))
    realm_files.write(template, paths.realm, paths.keys, desks=desks)
    if not os.environ.get(environment.ISSUER):
        demo_officials.write(paths.realm, values[environment.ISSUER])


def _held(paths: StackPaths) -> frozenset[str]:
    """The names of what runs, and therefore has its ports."""
    return services.held(paths) | {record.name for record in processes.find_all(paths)}


def _start_provider(paths: StackPaths, values: Mapping[str, str], owner: str) -> Record | None:
    """The identity provider, which answers soon; None where the environment names another one."""
    if os.environ.get(environment.ISSUER):
        return None
    users = [one.subject for one in demo_officials.officials(paths.realm)]
    return identity_provider.start(paths, values[environment.ISSUER].removeprefix("http://"), users, owner=owner)


def down(paths: StackPaths) -> list[Record]:
    """Stop every process that runs, and return them."""
    if not paths.state.is_dir():
        return []
    with paths.locked():
        return _stop(paths, processes.find_all(paths))


def release(paths: StackPaths, owner: str) -> list[Record]:
    """Stop the processes that *owner* started and no other owner has claimed since."""
    with paths.locked():
        return _stop(paths, [record for record in processes.find_all(paths) if record.owner == owner])


def clean(paths: StackPaths) -> None:
    """Stop all and forget all but the downloads."""
    down(paths)
    if not paths.state.is_dir():
        return
    shutil.rmtree(paths.sockets, ignore_errors=True)
    for entry in paths.state.iterdir():
        if entry == paths.jars:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink(missing_ok=True)


def demo_owner(pid: int) -> str:
    """The name under which the demo *pid* owns what it starts."""
    return f"demo:{pid}:{processes.start_mark(pid)}"


def running_demo(paths: StackPaths) -> int | None:
    """The pid of a demo that runs and owns something here."""
    for record in processes.find_all(paths):
        kind, _, rest = record.owner.partition(":")
        pid = rest.partition(":")[0]
        if kind == "demo" and record.owner == demo_owner(int(pid)):
            return int(pid)
    return None


def _claim(paths: StackPaths, owner: str) -> None:
    """`up` owns all that runs from now on; a demo only what a killed demo left."""
    for record in processes.find_all(paths):
        if owner == UP or record.owner != UP:
            processes.write(paths, replace(record, owner=owner))


def _stop(paths: StackPaths, records: list[Record]) -> list[Record]:
    """Services first: they complete their work while their servers still answer."""
    servers = [record for record in records if record.name.startswith((kafka.NAME, postgres.NAME))]
    processes.stop(paths, [record for record in records if record not in servers])
    processes.stop(paths, servers, patience=40)
    return records


def _check_given(kafka_address: str, postgres_url: str) -> None:
    """Say in a line that a server named by the environment does not answer."""
    if kafka_address and not any(kafka.cluster(address) for address in kafka_address.split(",")):
        raise LocalStackError("the Kafka that NATIJA_KAFKA names does not answer")
    if postgres_url:
        with _explained("the PostgreSQL that NATIJA_POSTGRES names does not let us in"):
            asyncio.run(_connect(postgres_url))


@contextmanager
def _explained(message: str) -> Iterator[None]:
    import asyncpg

    try:
        yield
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise LocalStackError(f"{message} ({type(error).__name__})") from None


async def _connect(url: str) -> None:
    import asyncpg

    await (await asyncpg.connect(url, timeout=10)).close()
