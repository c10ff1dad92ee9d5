"""The secrets of registration ids: a file with the newest and the one before it.

An appeal that is sent again is recognized while its secret is kept. `rotate` drops the older one: from then on nobody
can learn from an event id which text it was made of.
"""

import logging
import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from pathlib import Path

from natija_chassis import private_file
from natija_chassis.errors import OperatorError
from natija_events.failpoints import failpoint

KEPT = 2
_BYTES = 32
_Stamp = tuple[int, int, int]

log = logging.getLogger(__name__)


class RegistrationSecrets:
    """The secrets in the file *path*, read again when another file takes its place. Raises `OperatorError`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = _stamp(path)
        self._secrets = read(path)
        self._fault = ""

    def newest_first(self) -> Sequence[bytes]:
        """The secrets as the file has them now. Without a proper file, they stay as they were."""
        try:
            if (stamp := _stamp(self._path)) != self._stamp:
                self._stamp, self._secrets = stamp, read(self._path)
                self._fault = ""
        except OperatorError as error:
            if self._fault != str(error):  # once, and not for each appeal
                log.warning("%s", error)
            self._fault = str(error)
        return self._secrets


def read(path: Path) -> Sequence[bytes]:
    """The secrets in the file, the newest first. Raises `OperatorError`, without the content."""
    try:
        lines = path.read_text().split()
    except (OSError, UnicodeDecodeError):
        raise _no_file(path) from None
    found = [_secret(line) for line in reversed(lines)]
    if not 1 <= len(found) <= KEPT or None in found:
        raise OperatorError(f"{path}: must hold 1 to {KEPT} lines, each 32 bytes in base64url")
    return [secret for secret in found if secret is not None]


def rotate(path: Path) -> int:
    """Add a new secret to the file, or create it, and keep only the one before. Returns how many it holds now.

    It takes effect at once, or not at all. Raises `OperatorError` for a file that holds something else.
    """
    with private_file.locked(path):  # two rotations at once would drop a secret that is in use
        before = read(path) if path.exists() else ()
        kept = [secrets.token_bytes(_BYTES), *before][:KEPT]
        content = "".join(f"{urlsafe_b64encode(secret).decode()}\n" for secret in reversed(kept))
        with failpoint("registration-secrets.replace"):
            private_file.replace(path, content)
        return len(kept)


def _stamp(path: Path) -> _Stamp:
    try:
        found = os.stat(path)  # for each appeal: pathlib takes three times as long
    except OSError:
        raise _no_file(path) from None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _no_file(path: Path) -> OperatorError:
    return OperatorError(
        f"NATIJA_REGISTRATION_SECRETS: {path} cannot be read; `natija intake rotate-secret` creates it"
    )


def _secret(line: str) -> bytes | None:
    try:
        secret = urlsafe_b64decode(line + "=" * (-len(line) % 4))
    except (NotBase64, ValueError):
        return None
    return secret if len(secret) == _BYTES else None
