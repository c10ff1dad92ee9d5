"""Proves who said what from the log and the reference topic, without Natija: verify_signatures.py KAFKA REALM"""

import asyncio
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from hashlib import sha256
from itertools import groupby
from json import loads

from aiokafka import AIOKafkaConsumer, TopicPartition
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SIGNED = ("id", "source", "type", "subject", "time", "expectedsequence", "causationid", "correlationid")
PROPOSAL = ("subject", "inboxoffset", "signature")


def message(realm, events):
    fields = [realm.upper().encode(), str(len(events)).encode()]
    for headers, data in events:
        fields += [*(headers.get(f"ce_{name}", b"") for name in SIGNED), sha256(data).digest()]
    return b"natija-proposal-v1\0" + b"".join(len(field).to_bytes(4, "big") + field for field in fields)


async def read(kafka, topic, partitions):
    places, found = [TopicPartition(topic, partition) for partition in range(partitions)], []
    async with AIOKafkaConsumer(bootstrap_servers=kafka, isolation_level="read_committed") as consumer:
        consumer.assign(places)
        await consumer.seek_to_beginning()
        ends = await consumer.end_offsets(places)
        while any([await consumer.position(place) < end for place, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=50)).values():
                found += [(dict(record.headers), record.value) for record in records]
    return found


kafka, realm, keys, proven = *sys.argv[1:], {}, Counter()
for revision in (loads(value) for _, value in asyncio.run(read(kafka, f"{realm}.appeals.reference", 1))):
    for listed in (revision["entry"] or {}).get("keys", ()):
        raw = urlsafe_b64decode(listed["public_key"] + "=")
        keys[revision["id"], "ed25519:" + urlsafe_b64encode(sha256(raw).digest()).decode()[:22]] = raw
log = asyncio.run(read(kafka, f"{realm}.appeals.log", 16))
log.sort(key=lambda event: (event[0]["ce_subject"], event[0]["ce_sequence"]))
for (_, _, signature), group in groupby(log, lambda event: [event[0].get(f"ce_{name}") for name in PROPOSAL]):
    if signature:  # one that does not prove its source raises KeyError or InvalidSignature
        events = list(group)
        signer = events[0][0]["ce_source"].decode(), events[0][0]["ce_publisherkey"].decode()
        key = Ed25519PublicKey.from_public_bytes(keys[signer])
        key.verify(urlsafe_b64decode(signature + b"=="), message(realm, events))
        proven[signer[0]] += len(events)
print(*(f"{source} {count}" for source, count in sorted(proven.items())), sep="\n")
