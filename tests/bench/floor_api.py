"""The floor of `POST /appeals`: an ASGI app that puts fixed bytes on a topic and waits for their copy on another.

For each it makes the calls of the library that seal and sign a proposal.
"""

import argparse
import asyncio
import os
from typing import Any

import uvicorn
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from tests.bench import bare_crypto
from tests.bench.lifecycle_events import lifecycle

from natija_chassis.process import gc_tuning
from natija_events.kafka import partition_of
from natija_events.topics import PARTITIONS
from natija_events.wire.proposal import write_proposal

_ANSWER = b"x" * 200


class FloorApi:
    """Proposes the bytes of an opening event, under a key of its own each time, and waits for the key to come back."""

    def __init__(self, kafka: str, source: str, target: str) -> None:
        event = next(lifecycle("KG-7K3M-9QX4-T2R8-MA"))
        _, self._value, self._headers = write_proposal([event])
        self._source, self._target = source, target
        self._sign = bare_crypto.signing()
        self._waiting: dict[bytes, asyncio.Future[None]] = {}
        self._producer = AIOKafkaProducer(
            bootstrap_servers=kafka, acks="all", enable_idempotence=True, max_batch_size=131_072
        )
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=kafka, enable_auto_commit=False, isolation_level="read_committed", fetch_max_wait_ms=20
        )

    async def listen(self) -> None:
        """Open both ways, and hear the copies forever."""
        await self._producer.start()
        await self._consumer.start()
        places = [TopicPartition(self._target, partition) for partition in range(PARTITIONS)]
        self._consumer.assign(places)
        await self._consumer.seek_to_end(*places)
        while True:
            for records in (await self._consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    if found := self._waiting.pop(record.key or b"", None):
                        found.set_result(None)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        bare_crypto.seal()
        self._sign()
        key = os.urandom(20)
        copied = self._waiting[key] = asyncio.get_running_loop().create_future()
        await self._producer.send_and_wait(
            self._source, self._value, key=key, headers=self._headers, partition=partition_of(key)
        )
        await copied
        length = str(len(_ANSWER)).encode()
        await send({"type": "http.response.start", "status": 201, "headers": [(b"content-length", length)]})
        await send({"type": "http.response.body", "body": _ANSWER})


async def _serve(kafka: str, source: str, target: str, port: int) -> None:
    gc_tuning.relax_gc()  # as the process that this is the floor of
    app = FloorApi(kafka, source, target)
    config = uvicorn.Config(app, port=port, log_config=None, access_log=False, lifespan="off")
    await asyncio.gather(app.listen(), uvicorn.Server(config).serve())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("kafka", "source", "target"):
        parser.add_argument(name)
    parser.add_argument("port", type=int)
    given = parser.parse_args()
    uvloop.run(_serve(given.kafka, given.source, given.target, given.port))
