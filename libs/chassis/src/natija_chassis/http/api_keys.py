"""API keys of the realm: a file with the hash, the roles and the body of each. It never holds a key.

Every process reads it again when it changes, so a revoked key opens nothing from then on.
"""

import hashlib
import logging
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from natija_chassis import private_file
from natija_chassis.errors import OperatorError
from natija_chassis.http.access import ApiRole, Principal
from natija_chassis.realm import yaml_file
from natija_events.reference.entries import id_pattern

PREFIX = "natija_"
"""Of every key, so that scanners of repositories find one that was committed."""
_BYTES = 32
_Stamp = tuple[int, int, int]

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
log = logging.getLogger(__name__)


class ApiKey(BaseModel):
    """An entry: whose key it is, and what it opens. A key with a *body* shows only what this body may see.

    A key with a *source* proposes as this publisher. *former_sha256* is that of the key before a rotation, which is
    still valid.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    roles: list[ApiRole] = Field(min_length=1)
    body: str | None = None
    source: str | None = Field(None, pattern=f"^{id_pattern('publisher')}$")
    created: date
    former_sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$")

    @property
    def principal(self) -> Principal:
        """The sender of a request with this key."""
        return Principal(self.name, frozenset(self.roles), self.body, self.source)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    keys: list[ApiKey] = []


def new_key() -> str:
    """A new key: 256 random bits."""
    return f"{PREFIX}{secrets.token_urlsafe(_BYTES)}"


def digest(key: str) -> str:
    """The hash by which a key is stored. A key is random, so it needs no salt and no slow hash."""
    return hashlib.sha256(key.encode()).hexdigest()


def read(path: Path) -> Sequence[ApiKey]:
    """The entries of the file. Raises `OperatorError`."""
    return yaml_file.load(path, _File, "NATIJA_API_KEYS").keys


def add(
    path: Path,
    name: str,
    roles: Sequence[ApiRole],
    body: str | None,
    key: str | None = None,
    *,
    source: str | None = None,
) -> str:
    """Add a key for *name* to the file, and return it: it is stored nowhere. Raises `OperatorError`."""
    with private_file.locked(path):
        known = read(path) if path.exists() else ()
        if any(one.name == name for one in known):
            raise OperatorError(f"{path} has a key for {name}: revoke it first")
        key = key or new_key()
        entry = {"name": name, "sha256": digest(key), "roles": list(roles), "body": body, "source": source}
        _write(path, [*known, _checked(entry | {"created": datetime.now(UTC).date()})])
        return key


def rotate(path: Path, name: str) -> str:
    """Give *name* a new key, and return it. The former one stays valid until the next rotation, or `end_former`.

    Raises `OperatorError` when there is none.
    """
    key = new_key()
    _change(path, name, lambda one: {"sha256": digest(key), "former_sha256": one.sha256})
    return key


def end_former(path: Path, name: str) -> None:
    """End the key of *name* that was valid before the last rotation. Raises `OperatorError` when there is none."""
    _change(path, name, lambda one: {"former_sha256": None})


def _change(path: Path, name: str, changes: Callable[[ApiKey], dict[str, str | None]]) -> None:
    with private_file.locked(path):
        known = read(path)
        if not any(one.name == name for one in known):
            raise OperatorError(f"{path} has no key for {name}")
        _write(path, [one.model_copy(update=changes(one)) if one.name == name else one for one in known])


def _checked(entry: dict[str, object]) -> ApiKey:
    try:
        return ApiKey.model_validate(entry)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise OperatorError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def revoke(path: Path, name: str) -> None:
    """Take the key of *name* out of the file. Raises `OperatorError` when there is none."""
    with private_file.locked(path):
        known = read(path)
        left = [one for one in known if one.name != name]
        if len(left) == len(known):
            raise OperatorError(f"{path} has no key for {name}")
        _write(path, left)


def _write(path: Path, keys: Sequence[ApiKey]) -> None:
    import yaml

    entries = [one.model_dump(mode="json", exclude_none=True) for one in keys]
    private_file.replace(path, yaml.safe_dump({"keys": entries}, sort_keys=False))


class ApiKeys:
    """The principals by the hash of their key, as the file *path* has them now. Raises `OperatorError`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = _stamp(path)
        self._principals = _principals(path)
        self._fault = ""

    def principal(self, key: str) -> Principal | None:
        """Whose key it is. Without a proper file, the entries stay as they were."""
        try:
            if (stamp := _stamp(self._path)) != self._stamp:
                self._principals = _principals(self._path)
                self._stamp, self._fault = stamp, ""
        except OperatorError as error:
            if self._fault != str(error):  # once, and not for each request
                log.warning("%s", error)
            self._fault = str(error)
        return self._principals.get(digest(key))


def _principals(path: Path) -> Mapping[str, Principal]:
    entries = read(path)
    former = {one.former_sha256: one.principal for one in entries if one.former_sha256 is not None}
    return former | {one.sha256: one.principal for one in entries}


def _stamp(path: Path) -> _Stamp:
    try:
        found = os.stat(path)
    except OSError as error:
        raise OperatorError(f"{path} (NATIJA_API_KEYS): {error.strerror}") from None
    return found.st_ino, found.st_mtime_ns, found.st_size
