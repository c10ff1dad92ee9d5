"""Where the local stack keeps what."""

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import LocalStackError

REPOSITORY = Path(__file__).resolve().parents[2]
_SOCKET_PATH_LIMIT = 100
"""The kernel allows 107 bytes; PostgreSQL adds a name for its lock file."""


@dataclass(frozen=True, slots=True)
class StackPaths:
    """The folders of one stack; *state* is the only one anything is written to (and `sockets`, see there)."""

    state: Path

    @classmethod
    def of_clone(cls) -> "StackPaths":
        """The folders of the clone that contains this code."""
        return cls(REPOSITORY / ".local")

    @property
    def jars(self) -> Path:
        """Downloaded, so `clean` leaves it."""
        return self.state / "jars"

    @property
    def kafka(self) -> Path:
        return self.state / "kafka"

    @property
    def postgres(self) -> Path:
        return self.state / "postgres"

    @property
    def realm(self) -> Path:
        """The realm's files, with the public keys of this stack."""
        return self.state / "realm"

    @property
    def keys(self) -> Path:
        """The private keys, in a folder for each process."""
        return self.state / "keys"

    @property
    def settings(self) -> Path:
        """The settings that `natija` reads by itself."""
        return self.state / "natija.env"

    @property
    def registration_secrets(self) -> Path:
        """The secrets of registration ids, which `natija intake rotate-secret` changes."""
        return self.state / "registration-secrets"

    @property
    def api_keys(self) -> Path:
        """The hashes of API keys, which `natija api-key` changes."""
        return self.state / "api-keys.yaml"

    @property
    def client_secrets(self) -> Path:
        """The secrets of the processes to which officials sign in, a file for each."""
        return self.state / "client-secrets"

    @property
    def sockets(self) -> Path:
        """PostgreSQL's socket folder: a private one under the temporary folder when the clone's path is too long."""
        inside = self.postgres / "socket"
        if len(os.fsencode(inside / ".s.PGSQL.5432")) <= _SOCKET_PATH_LIMIT:
            return inside
        name = f"natija-{os.getuid()}-{hashlib.sha256(os.fsencode(self.state)).hexdigest()[:12]}"
        outside = Path(tempfile.gettempdir()) / name
        return outside if len(os.fsencode(outside)) < _SOCKET_PATH_LIMIT - 20 else Path("/tmp") / name  # noqa: S108

    def log(self, name: str) -> Path:
        """The log of the process *name*."""
        return self.state / "log" / f"{name}.log"

    def run(self, name: str) -> Path:
        """The pid file of the process *name*."""
        return self.state / "run" / f"{name}.json"

    def make(self) -> None:
        """Make the folders, closed to others."""
        for folder in (self.state, self.state / "log", self.state / "run", self.kafka, self.postgres):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        sockets = self.sockets
        sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = sockets.lstat()
        # Under the temporary folder anybody could have put one there before us.
        if found.st_uid != os.getuid() or found.st_mode & 0o077 or sockets.is_symlink():
            raise LocalStackError(f"{sockets} is not a private folder of this user: remove it, or set TMPDIR")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One start or stop at a time; a second one waits."""
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.state / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
