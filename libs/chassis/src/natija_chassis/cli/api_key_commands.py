"""`natija api-key`: add, list and revoke the API keys of the realm."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from natija_chassis.errors import OperatorError
from natija_chassis.http import api_keys
from natija_chassis.http.access import ApiRole
from natija_chassis.settings import Settings


def add(name: str, roles: Sequence[ApiRole], body: str | None) -> None:
    """Print a new key, which is stored nowhere. Raises `OperatorError`."""
    key = api_keys.add(_file(), name, roles, body)
    print("This key is shown once. Send it in the header Authorization: Bearer KEY.", file=sys.stderr)
    print(key)


def show(format: str) -> None:
    """Print the entries, without their hashes."""
    found = [one.model_dump(mode="json", exclude={"sha256"}) for one in api_keys.read(_file())]
    if format == "json":
        print(json.dumps(found))
        return
    for one in found:
        print(f"{one['name']:<32} {','.join(one['roles']):<28} {one['body'] or 'all bodies':<28} {one['created']}")


def revoke(name: str) -> None:
    """Take the key of *name* away. Raises `OperatorError`."""
    api_keys.revoke(_file(), name)
    print(f"the key of {name} opens nothing any more")


def _file() -> Path:
    path = Settings().api_keys
    if path is None:
        raise OperatorError("NATIJA_API_KEYS is not set: it names the file of the API keys")
    return path
