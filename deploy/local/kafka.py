"""A single-node Apache Kafka (KRaft) from its Maven coordinates, run by `java`."""

import base64
import hashlib
import os
import shutil
import socket
import struct
import subprocess
import uuid
from pathlib import Path
from typing import Any

from aiokafka.protocol.api import RequestHeader_v1
from aiokafka.protocol.metadata import MetadataRequest_v2, MetadataResponse_v2

from deploy.local import processes
from deploy.local.errors import LocalStackError, with_log
from deploy.local.places import Places
from deploy.local.ports import HOST, free_port, split
from deploy.local.processes import Record

NAME = "kafka"
PORT = 9092
_HERE = Path(__file__).parent
_READY_SECONDS = 60
_TAKEN = "Address already in use"

_JVM = (
    # The quick compiler only: the first minutes cost half, and the broker of one machine is never the slow part.
    "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xms64m", "-Xmx256m", "-Xss512k", "-XX:MaxMetaspaceSize=128m",
    "-XX:ReservedCodeCacheSize=64m", "-XX:MaxDirectMemorySize=64m", "-XX:+ExitOnOutOfMemoryError", "-XX:-UsePerfData",
)  # fmt: skip

PROPERTIES = """\
# Written at every start: ports may change, the data stays.
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
# One node: nobody to replicate to.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
# Small: an index is allocated per partition, the cleaner's buffer (128 MB by default) at the start.
log.index.size.max.bytes=1048576
log.cleaner.dedupe.buffer.size=4194304
num.network.threads=2
num.io.threads=4
background.threads=2
"""


def start(places: Places, *, owner: str, preferred: int = PORT, with_parent: bool = False) -> Record:
    """The broker, reused or started on *preferred* or else a free port; see `wait`."""
    if running := processes.find(places, NAME):
        return running
    jars = fetch_jars(places)
    port = free_port(preferred)
    java = _java(jars)
    properties = _configure(places, port)
    _format(places, java, properties)
    return processes.start(
        places,
        NAME,
        [*java, *_JVM, f"-Dlog4j2.configurationFile={_HERE / 'log4j2.yaml'}", "kafka.Kafka", str(properties)],
        address=f"{HOST}:{port}",
        owner=owner,
        with_parent=with_parent,
    )


def wait(places: Places, broker: Record, *, with_parent: bool = False) -> Record:
    """Return the broker when it answers; when another took its port at the same moment, one on another port."""
    ours = _cluster(places)
    while True:
        address = broker.address
        try:
            processes.wait(places, broker, lambda: cluster(address) == ours, _READY_SECONDS)  # noqa: B023 (called here)
        except LocalStackError:
            if _TAKEN not in places.log(NAME).read_text():
                raise
            broker = start(places, owner=broker.owner, preferred=0, with_parent=with_parent)
        else:
            return broker


def fetch_jars(places: Places) -> Path:
    """The folder of the jars `pom.xml` names, copied by Maven once per content of it."""
    pom = _HERE / "pom.xml"
    folder = places.jars / hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    if folder.is_dir():
        return folder
    if not shutil.which("mvn"):
        raise LocalStackError("Maven is missing, it fetches Kafka: apt-get install -y maven")
    print("Fetching Apache Kafka by Maven (44 MB, once)", flush=True)
    draft = folder.with_name(f"{folder.name}.{os.getpid()}")
    log = places.log("maven")
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


def _java(jars: Path) -> list[str]:
    if not shutil.which("java"):
        raise LocalStackError("a JDK is missing, it runs Kafka: apt-get install -y default-jdk-headless")
    return ["java", "-cp", f"{jars}/*"]


def _configure(places: Places, port: int) -> Path:
    controller = free_port(PORT + 1, without=frozenset({port}))
    properties = places.kafka / "server.properties"
    properties.write_text(PROPERTIES.format(host=HOST, port=port, controller=controller, data=places.kafka / "data"))
    return properties


def _format(places: Places, java: list[str], properties: Path) -> None:
    """Give an empty data folder its cluster id; one that a killed run left half done is begun again."""
    data = places.kafka / "data"
    if (data / "meta.properties").exists():
        return
    shutil.rmtree(data, ignore_errors=True)
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    log = places.log("kafka-format")
    with log.open("wb") as stream:
        done = subprocess.run(
            [
                *java,
                *_JVM,
                "kafka.tools.StorageTool",
                "format",
                "-t",
                cluster,
                "-c",
                str(properties),
            ],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
        )
    if done.returncode:
        shutil.rmtree(data, ignore_errors=True)
        raise with_log("Kafka could not format its data folder", log)


def cluster(address: str) -> str | None:
    """The id of the cluster that the broker at *address* (`host:port`) serves; None while none does.

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
    return str(told.cluster_id) if told.brokers else None


def _cluster(places: Places) -> str:
    """The id that our data folder was given."""
    properties = (places.kafka / "data" / "meta.properties").read_text().splitlines()
    return next((line.removeprefix("cluster.id=") for line in properties if line.startswith("cluster.id=")), "")
