"""How clients connect to Kafka: user, password, TLS."""

import ssl
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient
from tests.unit.events import authority

from natija_events.kafka import KafkaConfig


@pytest.fixture
def ca(tmp_path: Path) -> Path:
    return authority.create_authority(tmp_path).certificate


def test_addresses_alone_mean_plaintext() -> None:
    assert KafkaConfig.of("one:9092,two:9092") == KafkaConfig("one:9092,two:9092")
    told = KafkaConfig("one:9092,two:9092").client_options()
    assert told == {"bootstrap_servers": "one:9092,two:9092", "security_protocol": "PLAINTEXT", "ssl_context": None}


def test_user_means_scram() -> None:
    told = KafkaConfig("one:9092", "kg.registrar", "opensesame").client_options()
    assert told.items() >= {
        "security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "kg.registrar", "sasl_plain_password": "opensesame",
    }.items()  # fmt: skip


def test_authority_means_verified_tls(ca: Path) -> None:
    """With a certificate authority, connections use TLS and verify the broker's host name."""
    told = KafkaConfig("one:9092", ca=ca).client_options()
    assert told["security_protocol"] == "SSL"
    assert KafkaConfig("one:9092", "kg.registrar", "opensesame", ca).client_options()["security_protocol"] == "SASL_SSL"
    context = told["ssl_context"]
    assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)
    assert [dict(one["subject"][0])["commonName"] for one in context.get_ca_certs()] == ["test authority"]


async def test_every_client_accepts_options(ca: Path) -> None:
    told = KafkaConfig("one:9092", "kg.registrar", "opensesame", ca).client_options()
    for client in (AIOKafkaProducer, AIOKafkaConsumer, AIOKafkaAdminClient, AIOKafkaClient):
        client(**told)


@pytest.mark.parametrize(("user", "password"), [("kg.registrar", None), ("kg.registrar", ""), (None, "opensesame")])
def test_user_needs_password(user: str | None, password: str | None) -> None:
    with pytest.raises(ValueError, match="set both, or neither") as caught:
        KafkaConfig("one:9092", user, password)
    assert "opensesame" not in str(caught.value)


def test_empty_user_means_none() -> None:
    assert KafkaConfig("one:9092", "", "").client_options() == KafkaConfig("one:9092").client_options()


def test_file_without_certificates_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"/none\.pem is not a file of PEM certificates \(FileNotFoundError\)"):
        KafkaConfig("one:9092", ca=tmp_path / "none.pem")
    (tmp_path / "empty.pem").write_text("nothing")
    with pytest.raises(ValueError, match="is not a file of PEM certificates"):
        KafkaConfig("one:9092", ca=tmp_path / "empty.pem")


def test_password_is_not_shown(ca: Path) -> None:
    kafka = KafkaConfig("one:9092", "kg.registrar", "opensesame", ca)
    assert "opensesame" not in repr(kafka)
    assert str(kafka) == "one:9092"
