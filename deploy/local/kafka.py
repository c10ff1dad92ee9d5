"""Apache Kafka (KRaft) from its Maven coordinates, run by `java`: one broker, or a cluster of three."""

import base64
import hashlib
import os
import re
import shutil
import socket
import struct
import subprocess
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from aiokafka.protocol.api import RequestHeader_v1
from aiokafka.protocol.metadata import MetadataRequest_v2, MetadataResponse_v2

from deploy.local import processes
from deploy.local.errors import LocalStackError, with_log
from deploy.local.paths import StackPaths
from deploy.local.ports import HOST, free_port, split
from deploy.local.processes import Record

NAME = "kafka"
PORT = 9092
_HERE = Path(__file__).parent
LOGGING = _HERE / "log4j2.yaml"
_READY_SECONDS = 60
_TAKEN = "Address already in use"

_JVM = (
    # The quick compiler only: the first minutes cost half, and the broker of one machine is never the slow part.
    "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xms64m", "-Xmx512m", "-Xss512k", "-XX:MaxMetaspaceSize=128m",
    "-XX:ReservedCodeCacheSize=64m", "-XX:+ExitOnOutOfMemoryError", "-XX:-UsePerfData",
)  # fmt: skip
"""Direct memory is bounded by the heap's size. A network thread holds its largest request there, 100 MB at most. A
thread that gets no room spins without end and serves no client."""

PROPERTIES = """\
# Written at every start: ports may change, the data stays.
process.roles=broker,controller
node.id={node}
controller.quorum.bootstrap.servers={controllers}
# A broker that is added later becomes a voter by itself.
controller.quorum.auto.join.enable=true
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
controller.listener.names=CONTROLLER
# All stop at once, and the last one would wait for a majority to hand over to.
controlled.shutdown.enable=false
log.dirs={data}
auto.create.topics.enable=false
# What Kafka keeps for itself has as many replicas as there are brokers.
offsets.topic.replication.factor={replicas}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr={in_sync}
transaction.state.log.num.partitions=4
# A foreign transaction holds a partition of the inbox until it ends.
transaction.max.timeout.ms=60000
share.coordinator.state.topic.replication.factor={replicas}
share.coordinator.state.topic.min.isr={in_sync}
group.initial.rebalance.delay.ms=0
# Small: an index is allocated per partition, the cleaner's buffer (128 MB by default) at the start.
log.index.size.max.bytes=1048576
log.cleaner.dedupe.buffer.size=4194304
num.network.threads=2
num.io.threads=4
background.threads=2
"""
_PORTS = re.compile(r"^listeners=PLAINTEXT://[^:]+:(\d+),CONTROLLER://[^:]+:(\d+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Node:
    """One of the brokers, numbered from 1; each is a voter of the cluster, too."""

    paths: StackPaths
    number: int

    @property
    def _suffix(self) -> str:
        return "" if self.number == 1 else f"-{self.number}"

    @property
    def name(self) -> str:
        """Of its process."""
        return f"{NAME}{self._suffix}"

    @property
    def data(self) -> Path:
        return self.paths.kafka / f"data{self._suffix}"

    @property
    def properties(self) -> Path:
        return self.paths.kafka / f"server{self._suffix}.properties"

    @property
    def formatted(self) -> bool:
        """Whether its data folder belongs to a cluster."""
        return (self.data / "meta.properties").exists()

    @property
    def ports(self) -> tuple[int, int] | None:
        """Those it was last started with: for clients, and for the other voters."""
        found = _PORTS.search(self.properties.read_text()) if self.properties.exists() else None
        return (int(found[1]), int(found[2])) if found else None


def start(
    paths: StackPaths, *, owner: str, preferred: int | None = None, brokers: int = 1, with_parent: bool = False
) -> list[Record]:
    """The brokers, reused or started: *brokers* of them, or as many as the cluster has already; see `wait`.

    Each listens where it did before or, if *preferred* is given, there or else on a free port.
    """
    nodes = [Node(paths, number + 1) for number in range(max(brokers, len(_formatted(paths))))]
    missing = [node for node in nodes if not processes.find(paths, node.name)]
    if missing:
        command = java(fetch_jars(paths))
        _configure(nodes, missing, preferred)
        for node in missing:
            _format(node, command)
    return [
        processes.find(paths, node.name)
        or processes.start(
            paths,
            node.name,
            [*command, "kafka.Kafka", str(node.properties)],
            address=f"{HOST}:{_ports(node)[0]}",
            owner=owner,
            with_parent=with_parent,
        )
        for node in nodes
    ]


def wait(paths: StackPaths, brokers: Sequence[Record], *, with_parent: bool = False) -> list[Record]:
    """Return the brokers when each answers and knows of all; of one whose port another took at the same moment, one
    on another port."""
    ours = _cluster(paths)
    while True:
        try:
            for broker in brokers:
                answers = partial(_knows_all, broker.address, ours, len(brokers))
                processes.wait(paths, broker, answers, _READY_SECONDS)
        except LocalStackError:
            if _TAKEN not in paths.log(broker.name).read_text():
                raise
            brokers = start(paths, owner=broker.owner, preferred=0, brokers=len(brokers), with_parent=with_parent)
        else:
            return list(brokers)


def _knows_all(address: str, ours: str, brokers: int) -> bool:
    return cluster(address, brokers) == ours


def fetch_jars(paths: StackPaths) -> Path:
    """The folder of the jars `pom.xml` names, copied by Maven once per content of it."""
    pom = _HERE / "pom.xml"
    folder = paths.jars / hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    if folder.is_dir():
        return folder
    if not shutil.which("mvn"):
        raise LocalStackError("Maven is missing, it fetches Kafka: apt-get install -y maven")
    print("Fetching Apache Kafka by Maven (44 MB, once)", flush=True)
    draft = folder.with_name(f"{folder.name}.{os.getpid()}")
    log = paths.log("maven")
    with log.open("wb") as stream:
        done = subprocess.run(
            ["mvn", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={draft}"],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
        )
    if done.returncode:
        shutil.rmtree(draft, ignore_errors=True)
        raise with_log("Maven could not fetch Kafka", log)
    draft.replace(folder)
    return folder


def java(jars: Path) -> list[str]:
    """The command that runs a class of the *jars*, in little memory."""
    if not shutil.which("java"):
        raise LocalStackError("a JDK is missing, it runs Kafka: apt-get install -y default-jdk-headless")
    return ["java", "-cp", f"{jars}/*", *_JVM, f"-Dlog4j2.configurationFile={LOGGING}"]


def _formatted(paths: StackPaths) -> list[Node]:
    return [node for number in (1, 2, 3) if (node := Node(paths, number)).formatted]


def _configure(nodes: Sequence[Node], missing: Sequence[Node], preferred: int | None) -> None:
    """Give each of the *missing* its ports, and its properties."""
    ports = {node.number: _ports(node) for node in nodes if node not in missing}
    for node in missing:
        taken = frozenset(port for pair in ports.values() for port in pair)
        port, controller = node.ports or (PORT + 10 * node.number - 10, PORT + 10 * node.number - 9)
        port = free_port(port if preferred is None else preferred, without=taken)
        ports[node.number] = port, free_port(controller, without=taken | {port})
    replicas = len(nodes)
    for node in missing:
        port, controller = ports[node.number]
        node.properties.write_text(
            PROPERTIES.format(
                node=node.number,
                host=HOST,
                port=port,
                controller=controller,
                controllers=",".join(f"{HOST}:{controller}" for _, controller in ports.values()),
                data=node.data,
                replicas=replicas,
                in_sync=max(1, replicas - 1),
            )
        )


def _ports(node: Node) -> tuple[int, int]:
    assert node.ports is not None, f"{node.properties} was written before"
    return node.ports


def _format(node: Node, run: Sequence[str]) -> None:
    """Give an empty data folder its cluster id; a folder that a killed run left incomplete is created again.

    The first node is the whole quorum at first; those that come after join it.
    """
    if node.formatted:
        return
    shutil.rmtree(node.data, ignore_errors=True)
    first = node.number == 1
    cluster = _new_cluster() if first else _cluster(node.paths)
    log = node.paths.log("kafka-format")
    command = ["kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "-c", str(node.properties)]
    with log.open("wb") as stream:
        done = subprocess.run(
            [*run, *command, "--standalone" if first else "--no-initial-controllers"],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
        )
    if done.returncode:
        shutil.rmtree(node.data, ignore_errors=True)
        raise with_log("Kafka could not format its data folder", log)


def cluster(address: str, brokers: int = 1) -> str | None:
    """The id of the cluster that the broker at *address* (`host:port`) serves; None while none does, or while it does
    not know of so many *brokers*.

    Asked without a client, which would retry and log meanwhile.
    """
    request = MetadataRequest_v2([])
    question = RequestHeader_v1(request, client_id="natija").encode() + request.encode()
    try:
        with socket.create_connection(split(address), timeout=5) as connection:
            connection.sendall(struct.pack(">i", len(question)) + question)
            answer = connection.makefile("rb")
            length, _correlation = struct.unpack(">ii", answer.read(8))
            told: Any = MetadataResponse_v2.decode(answer.read(length - 4))
    except (OSError, struct.error, ValueError):
        return None
    return str(told.cluster_id) if len(told.brokers) >= brokers else None


def _new_cluster() -> str:
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def _cluster(paths: StackPaths) -> str:
    """The id that our data folder was given."""
    properties = (Node(paths, 1).data / "meta.properties").read_text().splitlines()
    return next((line.removeprefix("cluster.id=") for line in properties if line.startswith("cluster.id=")), "")
