"""What a process is told by its environment: `NATIJA_…`, or the local stack's file where a variable is unset."""

import os
import sys
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from natija_chassis.errors import OperatorError

if TYPE_CHECKING:
    from natija_chassis.clock import Clock
    from natija_events.kafka import KafkaConfig


def env_file() -> Path:
    """Where the local stack writes what it listens on: beside the virtual environment, unless told otherwise."""
    told = os.environ.get("NATIJA_ENV_FILE")
    return Path(told) if told else Path(sys.prefix).parent / ".local" / "natija.env"


class Settings(BaseSettings):
    """What every process needs. A service adds its own fields in a subclass, and its port: see `port_field`."""

    model_config = SettingsConfigDict(
        env_prefix="NATIJA_", extra="ignore", frozen=True, hide_input_in_errors=True, populate_by_name=True
    )

    process: ClassVar[str] = "natija"
    """The name of the process: metrics, logs and the consumer group carry it."""

    realm: str = Field("kg", pattern="^[A-Za-z][A-Za-z0-9]{1,11}$")
    kafka: str = "127.0.0.1:9092"
    kafka_user: str | None = None
    """With its password: whom Kafka's ACLs call ``User:<kafka_user>``, by SASL/SCRAM-SHA-512."""
    kafka_password: SecretStr | None = None
    kafka_ca: Path | None = None
    """A PEM file of the authorities that vouch for Kafka's brokers; with it all goes over TLS."""
    database: str = "postgresql+asyncpg://natija_{service}@/{realm}_{service}?host=/var/run/postgresql"
    realm_key: SecretStr | None = None
    clock: str = Field("system", pattern="^(system|file:.+)$")
    directory: Path | None = None
    publishers: Path | None = None
    host: str = "127.0.0.1"
    port: int = 0
    log_level: str = "INFO"
    batch_records: int = Field(1000, ge=1)
    """In one transaction, at most. It takes what is there: only a queue makes batches large, and the registrar decides
    one of 1000 in a tenth of a second. At 500 an event costs it a fifth more, at 2000 hardly less."""
    fetch_max_wait: float = Field(0.12, ge=0, le=5)
    """Seconds that the broker may wait for more before it answers a reader: a batch costs its process some 5 ms,
    however little it holds. Longest where nobody sits and waits, before what a service decides."""
    dead_letter_limit: int = Field(100, ge=0)
    """More parked appeals than this, and the projection stops."""
    drain: timedelta = timedelta(seconds=4)
    """How long a stopping process waits for what it has begun."""

    def __init__(self, **given: Any) -> None:
        super().__init__(_env_file=env_file(), **given)

    def database_url(self, service: str) -> str:
        """The address of the database of *service* in this realm."""
        return self.database.replace("{service}", service).replace("{realm}", self.realm.lower())

    @cached_property
    def kafka_config(self) -> "KafkaConfig":
        """The realm's Kafka and this process' user. Raises `OperatorError` when these settings are inconsistent."""
        from natija_events.kafka import KafkaConfig

        password = None if self.kafka_password is None else self.kafka_password.get_secret_value()
        try:
            return KafkaConfig(self.kafka, self.kafka_user, password, self.kafka_ca)
        except ValueError as error:
            raise OperatorError(f"NATIJA_KAFKA_USER, NATIJA_KAFKA_PASSWORD, NATIJA_KAFKA_CA: {error}") from None

    @cached_property
    def injected_clock(self) -> "Clock":
        """The realm's clock, the one source of "now"."""
        from natija_chassis.clock import clock_from

        return clock_from(self.clock)


def port_field(process: str, default: int) -> Any:
    """The field `port` of a service's settings: read from NATIJA_<PROCESS>_PORT; 0 takes a free one."""
    return Field(default, validation_alias=f"NATIJA_{process.upper()}_PORT", ge=0, le=65535)
