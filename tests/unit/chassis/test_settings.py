"""The settings of a process, and their sources."""

from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import ValidationError
from tests.unit.events import authority

from natija_chassis.clock import FileClock, SystemClock
from natija_chassis.errors import OperatorError
from natija_chassis.services import ServiceInfo
from natija_chassis.settings import Settings, env_file, port_field
from natija_events.kafka import KafkaConfig

INFO = ServiceInfo(name="tally", panel="Tally", port=8081, management_port=9081, start="", settings="")


class TallySettings(Settings):
    process: ClassVar[str] = INFO.name
    port: int = port_field(INFO)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in [name for name in os.environ if name.startswith("NATIJA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NATIJA_ENV_FILE", str(tmp_path / "natija.env"))


def test_environment_wins_over_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment wins over the local stack's file."""
    (tmp_path / "natija.env").write_text("NATIJA_REALM=filed\nNATIJA_KAFKA=127.0.0.1:1234\nNATIJA_TALLY_PORT=9001\n")
    monkeypatch.setenv("NATIJA_REALM", "told")
    settings = TallySettings()
    assert (settings.realm, settings.kafka, settings.port) == ("told", "127.0.0.1:1234", 9001)


def test_defaults_hold_without_either() -> None:
    settings = TallySettings()
    assert (settings.realm, settings.kafka, settings.port) == ("kg", "127.0.0.1:9092", 8081)
    assert isinstance(settings.injected_clock, SystemClock)


def test_file_stands_beside_virtual_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NATIJA_ENV_FILE")
    monkeypatch.setattr("sys.prefix", "/somewhere/natija/.venv")
    assert env_file() == Path("/somewhere/natija/.local/natija.env")


def test_database_url_names_service_and_realm() -> None:
    settings = Settings(realm="KZ", database="postgresql+asyncpg://natija_{service}@/{realm}_{service}?host=/s")
    assert settings.database_url("routing") == "postgresql+asyncpg://natija_routing@/kz_routing?host=/s"


def test_file_setting_makes_file_clock(tmp_path: Path) -> None:
    clock = Settings(clock=f"file:{tmp_path / 'clock.json'}").injected_clock
    assert isinstance(clock, FileClock)
    assert clock.path == tmp_path / "clock.json"


def test_keys_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the settings nor an error about one repeats a key."""
    monkeypatch.setenv("NATIJA_SIGNING_KEY", "c2VjcmV0")
    assert "c2VjcmV0" not in repr(Settings())
    monkeypatch.setenv("NATIJA_REALM", "no realm at all")
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert "no realm at all" not in str(caught.value)


def test_kafka_user_comes_from_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert Settings().kafka_config == KafkaConfig("127.0.0.1:9092")
    ca = authority.create_authority(tmp_path).certificate
    monkeypatch.setenv("NATIJA_KAFKA", "kafka.gov.kg:9093")
    monkeypatch.setenv("NATIJA_KAFKA_USER", "kg.registrar")
    monkeypatch.setenv("NATIJA_KAFKA_PASSWORD", "opensesame")
    monkeypatch.setenv("NATIJA_KAFKA_CA", str(ca))
    settings = Settings()
    assert settings.kafka_config == KafkaConfig("kafka.gov.kg:9093", "kg.registrar", "opensesame", ca)
    assert "opensesame" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("NATIJA_KAFKA_USER", "kg.registrar", "set both, or neither"),
        ("NATIJA_KAFKA_PASSWORD", "opensesame", "set both, or neither"),
        ("NATIJA_KAFKA_CA", "/nowhere/ca.pem", "/nowhere/ca.pem is not a file of PEM certificates"),
    ],
)
def test_incomplete_kafka_user_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str, why: str) -> None:
    """A user without its password, or a certificate file that is missing, is refused."""
    monkeypatch.setenv(name, value)
    with pytest.raises(OperatorError, match=why) as caught:
        _ = Settings().kafka_config
    assert name in str(caught.value)
    assert "opensesame" not in str(caught.value)
