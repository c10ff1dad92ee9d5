"""`natija keys`: make the keys that sign proposals, and list them."""

import secrets
from datetime import UTC, datetime
from pathlib import Path

from natija_chassis.errors import OperatorError
from natija_chassis.key_ring import holder, key_file, write_key
from natija_chassis.settings import Settings
from natija_events.signatures import SigningKey


def create(source: str, output: Path | None) -> None:
    """Write a new private key for *source*, and print its entry. Raises `OperatorError` when the file exists."""
    key = SigningKey(secrets.token_bytes(32))
    path = output or key_file(_folder(holder(source)), source)
    write_key(path, key)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    print(f"private key {path}")
    print(f"key id      {key.id}")
    print(f"In publishers.yaml, under the keys of {source}:")
    print(f"      - {{public_key: {key.public_text}, valid_from: {now}}}")


def show() -> None:
    """Print the keys of all processes."""
    root = _folder("*")
    for path in sorted(root.parent.glob(f"{root.name}/*.pem")):
        try:
            id = SigningKey.from_pem(path.read_bytes()).id
        except (OSError, ValueError) as error:
            id = str(error)
        print(f"{path.parent.name:<12} {path.name:<32} {id}")


def _folder(process: str) -> Path:
    keys = Settings().keys
    if keys is None:
        raise OperatorError("NATIJA_KEYS is not set: name the folder of the keys, or choose a file with --output")
    return Path(keys.replace("{process}", process))
