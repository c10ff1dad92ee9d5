"""FastStream connects as everything else does."""

from pathlib import Path

import pytest
from faststream.kafka.security import parse_security
from tests.unit.events import authority

from natija_chassis.kafka.subscription import security_of
from natija_events.kafka import KafkaConfig


@pytest.mark.parametrize("user", [None, "kg.routing"])
@pytest.mark.parametrize("tls", [False, True])
def test_faststream_gets_same_connection(user: str | None, tls: bool, tmp_path: Path) -> None:
    """FastStream connects as every other client does."""
    ca = authority.create_authority(tmp_path).certificate if tls else None
    kafka = KafkaConfig("one:9092", user, user and "opensesame", ca)
    told, same = kafka.client_options(), parse_security(security_of(kafka))
    assert (same.pop("ssl_context") is None) == (told.pop("ssl_context") is None)
    assert same == {name: value for name, value in told.items() if name != "bootstrap_servers"}
