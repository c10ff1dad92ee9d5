"""`natija api-key`: add, list and revoke the API keys of the realm."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from natija_chassis.errors import OperatorError
from natija_chassis.http import api_keys
from natija_chassis.http.access import ApiRole
from natija_chassis.settings import Settings


def add(name: str, roles: Sequence[ApiRole], body: str | None, source: str | None) -> None:
    """Print a new key, which is stored nowhere. Raises `OperatorError`."""
    _print(api_keys.add(_file(), name, roles, body, source=source))


def rotate(name: str) -> None:
    """Print a new key for *name*. Raises `OperatorError`."""
    _print(api_keys.rotate(_file(), name))
    print(f"The former key works until `natija api-key revoke {name} --former`.", file=sys.stderr)


def _print(key: str) -> None:
    print("This key is shown once. Send it in the header Authorization: Bearer KEY.", file=sys.stderr)
    print(key)


def show(format: str) -> None:
    """Print the entries, without their hashes."""
    found = [one.model_dump(mode="json", exclude={"sha256", "former_sha256"}) for one in api_keys.read(_file())]
    if format == "json":
        print(json.dumps(found))
        return
    for one in found:
        shows = one["source"] or one["body"] or "all bodies"
        print(f"{one['name']:<32} {','.join(one['roles']):<28} {shows:<28} {one['created']}")


def revoke(name: str, *, former: bool) -> None:
    """Take the key of *name* away, or only the *former* one. Raises `OperatorError`."""
    if former:
        api_keys.end_former(_file(), name)
        print(f"the former key of {name} opens nothing any more")
        return
    api_keys.revoke(_file(), name)
    print(f"the key of {name} opens nothing any more")


def _file() -> Path:
    path = Settings().api_keys
    if path is None:
        raise OperatorError("NATIJA_API_KEYS is not set: it names the file of the API keys")
    return path
