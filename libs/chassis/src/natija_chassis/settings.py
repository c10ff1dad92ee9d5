"""The settings of a process: variables `NATIJA_…` of its environment, or else the file of the local stack."""

import os
import sys
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from dotenv import dotenv_values
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from natija_chassis.errors import OperatorError
from natija_chassis.services import ServiceInfo, management_port_variable, port_variable
from natija_chassis.user_ids import user_id_key

if TYPE_CHECKING:
    from natija_chassis.clock import Clock
    from natija_events.kafka import KafkaConfig


def env_file() -> Path:
    """The file in which the local stack stores its settings: NATIJA_ENV_FILE, or beside the virtual environment."""
    given = os.environ.get("NATIJA_ENV_FILE")
    return Path(given) if given else Path(sys.prefix).parent / ".local" / "natija.env"


def read_env_file() -> dict[str, str]:
    """The variables in `env_file()`; none without such a file."""
    found = dotenv_values(env_file(), interpolate=False)
    return {name: value for name, value in found.items() if value is not None}


class Settings(BaseSettings):
    """The settings of every process. A service adds its own fields in a subclass, and its port: see `port_field`.

    Each field is the variable NATIJA_<FIELD>. The text below a field is its meaning, which `natija settings` prints.
    """

    model_config = SettingsConfigDict(
        env_prefix="NATIJA_", extra="ignore", frozen=True, hide_input_in_errors=True, populate_by_name=True,
        use_attribute_docstrings=True,
    )  # fmt: skip

    process: ClassVar[str] = "natija"
    """The name of the process: metrics, logs and the consumer group carry it."""

    gc_threshold: ClassVar[int] = 100_000
    """New objects after which the garbage collector runs: see `gc_tuning.relax_gc`."""

    realm: str = Field("kg", pattern="^[A-Za-z][A-Za-z0-9]{1,11}$")
    """The realm: the first part of topic names, database names and appeal numbers."""
    kafka: str = "127.0.0.1:9092"
    """Kafka's brokers as host:port, separated by commas."""
    kafka_user: str | None = None
    """The Kafka user, proven by SASL/SCRAM-SHA-512. It needs NATIJA_KAFKA_PASSWORD."""
    kafka_password: SecretStr | None = None
    """The password of the Kafka user."""
    kafka_ca: Path | None = None
    """A PEM file with the authorities that sign the brokers' certificates. When it is set, connections use TLS."""
    database: str = "postgresql+asyncpg://natija_{service}@/{realm}_{service}?host=/var/run/postgresql"
    """The URL of the databases; {service} and {realm} are replaced."""
    keys: str | None = None
    """The folder of the keys with which a process signs its proposals; {process} is replaced by the process' name."""
    signing_key: SecretStr | None = None
    """The key with which this process signs its proposals, as the text of a PEM file: instead of NATIJA_KEYS."""
    clock: str = Field("system", pattern="^(system|file:.+)$")
    """The clock: system, or file:PATH for a clock that `natija clock` can move."""
    realm_files: Path | None = None
    """The folder of the realm's files: `directory.yaml`, `publishers.yaml` and others that services add."""
    host: str = "127.0.0.1"
    """The address that the HTTP server listens on."""
    port: int = 0
    """The port that the HTTP server listens on; 0 takes a free one."""
    management_host: str = "127.0.0.1"
    """The address that the management server listens on: metrics, readiness, state page, API docs."""
    management_port: int = 0
    """The port that the management server listens on; 0 takes a free one."""
    hosts: str = ""
    """The host names under which clients reach this process, separated by commas; addresses and localhost always do."""
    sites: str = ""
    """The sections of other processes that pages lead to: NAME=ADDRESS, separated by commas. See docs/operations.md."""
    api_keys: Path | None = None
    """The file of the API keys that open the read APIs: see `natija api-key`. Without it, nobody can read."""
    user_id_secret: SecretStr | None = None
    """The secret of the ids that users have in reference data. It is necessary where subjects are personal numbers."""
    max_connections: int = Field(1000, ge=1)
    """The most open HTTP connections. At this limit a new one replaces the one that waits longest for a request."""
    max_connections_per_address: int = Field(300, ge=1)
    """The most open HTTP connections of one client address. Behind a proxy, set it to the limit of all."""
    log_level: str = "INFO"
    """The least severe level that is logged: DEBUG, INFO, WARNING or ERROR."""
    batch_records: int = Field(1000, ge=1)
    """The most records in one transaction. A batch is smaller when fewer records are waiting."""
    # The registrar decides 1000 records in a tenth of a second. At 500 a record costs it a fifth more, at 2000 hardly
    # less.
    fetch_max_wait: float = Field(0.12, ge=0, le=5)
    """Seconds that the broker may wait for more records before it answers a consumer."""
    # A batch costs its process some 5 ms, however small it is. So the wait is longest where no person waits.
    dead_letter_limit: int = Field(100, ge=0)
    """With more appeals than this in its dead letters, a projection stops."""
    drain: timedelta = timedelta(seconds=4)
    """Time that a stopping process has to complete its work."""

    def __init__(self, **given: Any) -> None:
        super().__init__(_env_file=env_file(), **given)

    def database_url(self, service: str) -> str:
        """The address of the database of *service* in this realm."""
        return self.database.replace("{service}", service).replace("{realm}", self.realm.lower())

    @property
    def key_folder(self) -> Path | None:
        """The folder of this process' keys."""
        return None if self.keys is None else Path(self.keys.replace("{process}", self.process))

    @property
    def user_id_key(self) -> bytes:
        """The key of the ids that users have in reference data."""
        secret = "" if self.user_id_secret is None else self.user_id_secret.get_secret_value()
        return user_id_key(self.realm, secret)

    @property
    def source(self) -> str:
        """The source of what this process proposes."""
        return f"/services/{self.process}"

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


def variables(settings: type[Settings]) -> dict[str, str]:
    """The variable of each field of *settings*, by field."""
    fields = settings.model_fields.items()
    return {name: str(field.validation_alias or f"NATIJA_{name.upper()}") for name, field in fields}


def port_field(info: ServiceInfo) -> Any:
    """The field `port` of a process' settings: read from NATIJA_<PROCESS>_PORT; 0 takes a free one."""
    return Field(
        info.port,
        validation_alias=port_variable(info.name),
        ge=0,
        le=65535,
        description="The port that the HTTP server listens on; 0 takes a free one.",
    )


def management_port_field(info: ServiceInfo) -> Any:
    """The field `management_port` of a process' settings: read from NATIJA_<PROCESS>_MANAGEMENT_PORT; 0 takes a free
    one."""
    return Field(
        info.management_port,
        validation_alias=management_port_variable(info.name),
        ge=0,
        le=65535,
        description="The port that the management server listens on; 0 takes a free one.",
    )
