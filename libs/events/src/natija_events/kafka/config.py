"""How to reach Kafka, and as whom: what every client of it is told, said in one place."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_MECHANISM = "SCRAM-SHA-512"
"""Proves the password without sending it."""


@dataclass(frozen=True, slots=True)
class KafkaConfig:
    """A cluster, and who speaks to it: with a *user* under that name, with a *ca* over TLS, with neither as anybody
    could. Raises ValueError for a user without a password and for a *ca* that is no file of certificates.
    """

    addresses: str
    """`host:port`, of several brokers separated by commas."""
    user: str | None = None
    """The principal ``User:<user>`` that Kafka's ACLs name."""
    password: str | None = field(default=None, repr=False)
    ca: Path | None = None
    """A PEM file: the authorities that vouch for the brokers' certificates."""

    def __post_init__(self) -> None:
        if bool(self.user) != bool(self.password):
            raise ValueError("a user of Kafka has a name and a password, or there is neither")
        try:
            self.ssl_context()
        except OSError as error:
            raise ValueError(f"{self.ca} is no file of certificates ({type(error).__name__})") from None

    def __str__(self) -> str:
        return self.addresses

    @classmethod
    def of(cls, kafka: "KafkaConfig | str") -> "KafkaConfig":
        """*kafka* itself, or the plain one at these addresses."""
        return kafka if isinstance(kafka, KafkaConfig) else cls(kafka)

    def client_options(self) -> dict[str, Any]:
        """The keyword arguments by which any of aiokafka's clients connects."""
        protocol = "SSL" if self.ca else "PLAINTEXT"
        told = {"bootstrap_servers": self.addresses, "security_protocol": protocol, "ssl_context": self.ssl_context()}
        if not self.user:
            return told
        return told | {
            "security_protocol": f"SASL_{protocol}",
            "sasl_mechanism": _MECHANISM,
            "sasl_plain_username": self.user,
            "sasl_plain_password": self.password,
        }

    def ssl_context(self) -> ssl.SSLContext | None:
        """Trust in the brokers that *ca* vouches for, by the names they are reached under; None without TLS."""
        return None if self.ca is None else ssl.create_default_context(cafile=self.ca)
