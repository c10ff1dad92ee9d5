"""Where Kafka is and who connects to it: the options of every client, in one place."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_MECHANISM = "SCRAM-SHA-512"
"""Proves the password without sending it."""


@dataclass(frozen=True, slots=True)
class KafkaConfig:
    """A cluster and the user of the connection: a *user* means SCRAM-SHA-512, a *ca* means TLS.

    Raises ValueError for a user without a password, and for a *ca* that is not a file of certificates.
    """

    addresses: str
    """`host:port`; several brokers are separated by commas."""
    user: str | None = None
    """The principal ``User:<user>`` that Kafka's ACLs name."""
    password: str | None = field(default=None, repr=False)
    ca: Path | None = None
    """A PEM file: the certificate authorities of the brokers."""

    def __post_init__(self) -> None:
        if bool(self.user) != bool(self.password):
            raise ValueError("user, password: set both, or neither")
        try:
            self.ssl_context()
        except OSError as error:
            raise ValueError(f"{self.ca} is not a file of PEM certificates ({type(error).__name__})") from None

    def __str__(self) -> str:
        return self.addresses

    @classmethod
    def of(cls, kafka: "KafkaConfig | str") -> "KafkaConfig":
        """*kafka* itself, or a plain connection to these addresses."""
        return kafka if isinstance(kafka, KafkaConfig) else cls(kafka)

    def client_options(self) -> dict[str, Any]:
        """The keyword arguments with which any client of aiokafka connects."""
        protocol = "SSL" if self.ca else "PLAINTEXT"
        options = {
            "bootstrap_servers": self.addresses,
            "security_protocol": protocol,
            "ssl_context": self.ssl_context(),
        }
        if not self.user:
            return options
        return options | {
            "security_protocol": f"SASL_{protocol}",
            "sasl_mechanism": _MECHANISM,
            "sasl_plain_username": self.user,
            "sasl_plain_password": self.password,
        }

    def ssl_context(self) -> ssl.SSLContext | None:
        """Trusts brokers whose certificates *ca* has signed for their host names; None without TLS."""
        return None if self.ca is None else ssl.create_default_context(cafile=self.ca)
