"""Kafka and PostgreSQL as `deploy/local` runs them: each promise about them, in a temporary clone."""

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from deploy.local import kafka, memory
from deploy.local.environment import read
from deploy.local.ports import free_port, split
from tests.stack import Servers
from tests.system.clones import Clone

LOOPBACK = {"127.0.0.1", "::ffff:127.0.0.1"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """A clone whose servers run; its tests leave them as they are."""
    clone = Clone.make(tmp_path_factory.mktemp("c"))
    try:
        assert clone.local("servers-up").returncode == 0
        yield clone
    finally:
        clone.destroy()


@pytest.fixture
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """A clone in which nothing has run."""
    made = Clone.make(tmp_path_factory.mktemp("c"))
    try:
        yield made
    finally:
        made.destroy()


async def test_servers_answer_when_command_returns(clone: Clone) -> None:
    said = _said(clone.local("servers-up"))
    connection = await asyncpg.connect(said["NATIJA_POSTGRES"])
    assert await connection.fetchval("select 1") == 1
    await connection.close()
    await _write_a_record(said["NATIJA_KAFKA"], "first")


def test_servers_listen_locally_only(running: Clone) -> None:
    for name in ("kafka", "postgres"):
        for process in memory.process_tree(running.record(name).pid):
            listening = [one for one in process.net_connections("inet") if one.status == psutil.CONN_LISTEN]
            assert {one.laddr.ip for one in listening} <= LOOPBACK
            assert bool(listening) == (name == "kafka")
    assert stat.S_IMODE(running.paths.sockets.stat().st_mode) == 0o700


def test_servers_write_to_one_folder(running: Clone) -> None:
    """The servers write to one folder, which git ignores."""
    assert running.changed() == ""
    opened = {
        Path(file.path)
        for name in ("kafka", "postgres")
        for process in memory.process_tree(running.record(name).pid)
        for file in process.open_files()
        if getattr(file, "mode", "r") != "r"
    }
    assert opened
    assert all(path.is_relative_to(running.paths.state) or path.is_relative_to("/dev") for path in opened)


def test_running_servers_are_reused(running: Clone) -> None:
    before = [running.record(name) for name in ("kafka", "postgres")]
    assert running.local("servers-up").returncode == 0
    assert [running.record(name) for name in ("kafka", "postgres")] == before


def test_server_logs_are_readable(running: Clone) -> None:
    assert "Kafka Server started" in running.paths.log("kafka").read_text()
    assert "database system is ready to accept connections" in running.paths.log("postgres").read_text()


def test_status_shows_memory_and_sum(running: Clone) -> None:
    rows = {line.split()[0]: int(line.split()[1]) for line in running.local("status").stdout.splitlines()}
    assert rows["kafka"] > 50
    assert rows["together"] == pytest.approx(rows["kafka"] + rows["postgres"], abs=2)


@pytest.mark.skipif(os.getuid() != 0, reason="an ordinary user needs no other name")
def test_root_changes_no_user_or_permission(running: Clone) -> None:
    mapping = Path(f"/proc/{running.record('postgres').pid}/uid_map").read_text().split()
    assert mapping[0] != "0"
    assert mapping[1:] == ["0", "1"]
    owners = {path.stat().st_uid for path in (running.paths.state, running.paths.postgres / "data", running.root)}
    assert owners == {0}
    assert stat.S_IMODE(running.paths.state.stat().st_mode) == 0o700


@pytest.mark.thorough
def test_taken_ports_are_replaced(clone: Clone) -> None:
    with socket.socket() as other, socket.socket() as another:
        for holder, port in ((other, kafka.PORT), (another, kafka.PORT + 1)):
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                holder.bind(("127.0.0.1", port))
                holder.listen()
            except OSError:
                continue  # somebody else holds it: as good
        assert clone.local("servers-up").returncode == 0
        assert not clone.record("kafka").address.endswith((f":{kafka.PORT}", f":{kafka.PORT + 1}"))


@pytest.mark.thorough
def test_broker_recovers_from_port_race(clone: Clone, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker whose port another took at the same moment starts on another one, and is not mistaken for it."""
    _, taken = split(servers.kafka)
    choices = iter([taken])
    monkeypatch.setattr(kafka, "free_port", lambda *given, **without: next(choices, None) or free_port(0, **without))
    clone.paths.make()

    [begun] = kafka.start(clone.paths, owner="up")
    [broker] = kafka.wait(clone.paths, [begun])

    assert begun.address == servers.kafka != broker.address
    assert kafka.cluster(broker.address) not in (None, kafka.cluster(servers.kafka))
    assert clone.record("kafka") == broker


@pytest.mark.thorough
async def test_one_broker_becomes_three(clone: Clone) -> None:
    """Three brokers replicate all they keep, and one that was alone gets two more."""
    assert clone.local("servers-up").returncode == 0
    await _write_a_record(clone.record("kafka").address, "alone")
    assert clone.local("down").returncode == 0
    addresses = _said(clone.local("servers-up", given={"NATIJA_BROKERS": "3"}))["NATIJA_KAFKA"]
    assert addresses.split(",") == [clone.record(name).address for name in ("kafka", "kafka-2", "kafka-3")]
    await _write_a_record(addresses, "together", replicas=3)
    assert {"alone", "together"} <= set(await _topics(addresses))
    assert clone.local("down").stdout.startswith("stopped ")
    assert _said(clone.local("servers-up"))["NATIJA_KAFKA"] == addresses, "it stays a cluster of three"
    assert {"alone", "together"} <= set(await _topics(addresses))


def _said(done: "subprocess.CompletedProcess[str]") -> dict[str, str]:
    """The settings that a command printed. Raises AssertionError when it failed."""
    assert done.returncode == 0, done.stderr
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


@pytest.mark.thorough
async def test_killed_servers_restart_with_data(clone: Clone) -> None:
    """Killed servers start again with their data, even when their pids belong to other processes."""
    assert clone.local("servers-up").returncode == 0
    await _write_a_record(clone.record("kafka").address, "kept")
    connection = await asyncpg.connect(clone.record("postgres").address)
    await connection.execute("create table kept as select 7 as n")
    await connection.close()
    other = await asyncio.create_subprocess_exec("sleep", "600")
    try:
        for name in ("kafka", "postgres"):
            os.kill(clone.record(name).pid, signal.SIGKILL)
            path = clone.paths.run(name)
            path.write_text(json.dumps(json.loads(path.read_text()) | {"pid": other.pid}))
        lock = clone.paths.postgres / "data" / "postmaster.pid"
        lock.write_text("\n".join([str(other.pid), *lock.read_text().splitlines()[1:]]) + "\n")
        done = clone.local("servers-up")
        assert done.returncode == 0, done.stderr
        assert other.pid not in {clone.record(name).pid for name in ("kafka", "postgres")}
        connection = await asyncpg.connect(clone.record("postgres").address)
        assert await connection.fetchval("select n from kept") == 7
        await connection.close()
        assert "kept" in await _topics(clone.record("kafka").address)
        assert clone.make_target("down").returncode == 0
        assert other.returncode is None
    finally:
        other.kill()
        await other.wait()


def test_down_and_clean_leave_nothing(clone: Clone) -> None:
    assert clone.local("servers-up").returncode == 0
    assert len(clone.running()) > 1
    assert clone.make_target("down").stdout == "stopped kafka, postgres\n"
    assert clone.running() == []
    assert clone.make_target("down").stdout == "nothing ran\n"
    assert clone.make_target("clean").returncode == 0
    assert [path.name for path in clone.paths.state.iterdir()] == ["jars"]


@pytest.mark.thorough
def test_long_path_moves_socket_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> None:
    clone = Clone.make(tmp_path_factory.mktemp("long" * 20))
    try:
        clone.paths.make()
        sockets = clone.paths.sockets
        assert not sockets.is_relative_to(clone.root)
        assert clone.local("servers-up").returncode == 0
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        clone.local("clean")
        assert not sockets.exists()
    finally:
        clone.destroy()


def test_given_servers_are_only_used(clone: Clone, servers: Servers) -> None:
    """Servers that the environment names are used, and neither started nor stopped."""
    given = {"NATIJA_KAFKA": servers.kafka, "NATIJA_POSTGRES": servers.postgres}
    done = clone.local("servers-up", given=given)
    assert done.stdout.splitlines() == [f"{name}={value}" for name, value in given.items()]
    assert clone.running() == []
    assert clone.local("down", given=given).stdout == "nothing ran\n"
    assert kafka.cluster(servers.kafka)


@pytest.mark.parametrize(
    ("name", "address"),
    [("NATIJA_KAFKA", "127.0.0.1:1"), ("NATIJA_POSTGRES", "postgresql://somebody:secret@127.0.0.1:1/postgres")],
)
def test_silent_given_server_is_reported(clone: Clone, name: str, address: str) -> None:
    done = clone.local("servers-up", given={name: address})
    assert done.returncode == 1
    assert name in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "secret" not in done.stderr
    assert clone.running() == []


def test_failed_server_shows_its_log(clone: Clone) -> None:
    clone.paths.make()
    (clone.paths.kafka / "data").mkdir()
    (clone.paths.kafka / "data" / "meta.properties").write_text("version=1\nnode.id=77\n")
    done = clone.local("servers-up")
    assert done.returncode == 1
    assert str(clone.paths.log("kafka")) in done.stderr
    assert "  | " in done.stderr
    assert "NATIJA_KAFKA" not in read(clone.paths)


async def _write_a_record(address: str, topic: str, replicas: int = 1) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, replicas)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=address, acks="all", enable_idempotence=True)
    await producer.start()
    async with asyncio.timeout(20):
        await producer.send_and_wait(topic, b"once")
    await producer.stop()


async def _topics(address: str) -> list[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        return list(await admin.list_topics())
    finally:
        await admin.close()
