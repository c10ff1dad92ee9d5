"""The settings of a process to which officials sign in."""

from datetime import timedelta
from ipaddress import ip_address
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from natija_chassis.settings import Settings


class SignInSettings(Settings):
    """The chassis' settings, the identity provider, and how long a session lasts."""

    public_url: str = "http://localhost:{port}"
    """The address under which browsers reach this process, without a path; {process} and {port} are replaced."""
    oidc_issuer: str | None = None
    """The issuer of the OpenID Connect provider at which officials sign in. Without it nobody can sign in."""
    oidc_client_id: str = "natija-{process}"
    """The id of this process as a client of the provider; {process} is replaced."""
    oidc_client_secret: str | None = None
    """The file with the secret of this client, which only its user may read; {process} is replaced."""
    session_idle: timedelta = Field(timedelta(minutes=30), gt=timedelta(0))
    """Time without a request after which a session ends."""
    session_lifetime: timedelta = Field(timedelta(hours=10), gt=timedelta(0))
    """Time after which a session ends in any case."""

    @property
    def address(self) -> str:
        """The address of this process for browsers."""
        return self.public_url.replace("{process}", self.process).replace("{port}", str(self.port)).rstrip("/")

    @property
    def client_id(self) -> str:
        """The id of this process as a client."""
        return self.oidc_client_id.replace("{process}", self.process)

    @property
    def client_secret_file(self) -> str | None:
        """The path of the file with the client's secret."""
        return self.oidc_client_secret and self.oidc_client_secret.replace("{process}", self.process)

    @model_validator(mode="after")
    def _are_encrypted(self) -> Self:
        for name, url in (("oidc_issuer", self.oidc_issuer), ("public_url", self.address)):
            if url is not None and not is_encrypted(url):
                raise ValueError(f"{name}: must begin with https://, except on this machine itself")
        if self.oidc_issuer is not None and self.oidc_client_secret is None:
            raise ValueError("oidc_client_secret: is necessary with oidc_issuer")
        return self


def is_encrypted(url: str) -> bool:
    """Whether what is sent to *url* is encrypted, or stays on this machine."""
    try:
        found = urlsplit(url)
    except ValueError:
        return False
    return bool(found.hostname) and (found.scheme == "https" or (found.scheme == "http" and is_local(found.hostname)))


def is_local(host: str | None) -> bool:
    """Whether *host* is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False
