"""Registers one appeal, sealed and signed, with librdkafka, and prints its outcome. ../README.md says how to run it."""

import json
import os
import secrets
import sys
from base64 import urlsafe_b64decode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import natija_wire as natija
from confluent_kafka import Consumer, Producer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key


def opening(realm: str, source: str, realm_key: bytes, signing_key: Ed25519PrivateKey) -> tuple[dict[str, str], bytes]:
    """The attributes and the data of the event that registers an appeal."""
    now, type = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "appeal.registered.v1"
    number = natija.appeal_number(realm, secrets.randbits(64))
    event = {"specversion": "1.0", "id": str(uuid4()), "source": source, "type": type, "subject": number, "time": now}
    event["dataschema"] = f"urn:natija:{type}"
    event["wrappedkey"], key = natija.proposal_key(realm, number, realm_key)
    person, content = {"name": "Асанова Айгүл", "phone": "+996555010203"}, {"text": "Көпүрө бузулган."}
    appeal = {
        "kind": "application", "form": "electronic", "channel": "electronic", "received": now,
        "jurisdiction": "KG",
        "person": natija.seal(realm, event, key, "person", person),
        "content": natija.seal(realm, event, key, "content", content),
    }  # fmt: skip
    data = json.dumps(appeal).encode()
    event["publisherkey"] = natija.key_id("ed25519", signing_key.public_key().public_bytes_raw())
    event["signature"] = natija.text(signing_key.sign(natija.message(realm, event, data)))
    return event, data


def send(kafka: str, topic: str, event: dict[str, str], data: bytes) -> None:
    """Write the record on the inbox."""
    producer = Producer({"bootstrap.servers": kafka, "acks": "all", "partitioner": "murmur2_random"})
    headers = [("content-type", "application/json"), *((f"ce_{name}", value) for name, value in event.items())]
    producer.produce(topic, data, event["subject"], headers=headers)
    if producer.flush(30):
        sys.exit("Kafka did not confirm the proposal: propose the same event again")


def outcome(kafka: str, realm: str, source: str, id: str) -> dict[str, Any]:
    """The outcome of the proposal *id*, from the publisher's own topic."""
    publisher = source[1:].replace("/", ".")
    # A group for each run reads all your outcomes. A program that goes on has one group, and goes on with it.
    group = {"group.id": f"{realm}.publisher.{publisher}.{id}", "auto.offset.reset": "earliest"}
    consumer = Consumer({"bootstrap.servers": kafka, **group})
    consumer.subscribe([f"{realm}.outcomes.{publisher}"])
    try:
        for _ in range(60):
            record = consumer.poll(1)
            if record is None or record.error():
                continue
            told: dict[str, Any] = json.loads(record.value())
            if told["proposal"] == id:
                return told
    finally:
        consumer.close()
    sys.exit("no outcome within 60 s: are KAFKA and SOURCE right?")


if __name__ == "__main__":
    kafka, realm, source = (os.environ[name] for name in ("KAFKA", "REALM", "SOURCE"))
    signing_key = load_pem_private_key(Path(os.environ["KEY_FILE"]).read_bytes(), password=None)
    assert isinstance(signing_key, Ed25519PrivateKey)
    event, data = opening(realm, source, urlsafe_b64decode(os.environ["REALM_PUBLIC_KEY"] + "="), signing_key)
    send(kafka, f"{realm}.appeals.inbox", event, data)
    print(event["subject"], json.dumps(outcome(kafka, realm, source, event["id"])))
