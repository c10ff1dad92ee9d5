"""`natija keys`: make the keys that sign proposals, those that seal and store personal data, and list the former."""

import secrets
from datetime import UTC, datetime
from pathlib import Path

from natija_chassis.errors import OperatorError
from natija_chassis.key_ring import holder, key_file, write_key
from natija_chassis.settings import Settings
from natija_events.sealing.data_key import KEY_BYTES, to_text
from natija_events.sealing.wrapping import RealmKey
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


def print_realm_key() -> None:
    """Print a new key pair of the realm, as two settings."""
    raw = secrets.token_bytes(KEY_BYTES)
    key = RealmKey(raw, Settings().realm)
    print(f"# Key {key.id} of the realm. Secret, for the registrar alone: it opens what is sealed.")
    print(f"NATIJA_REALM_KEY={to_text(raw)}")
    print("# Not secret, for everybody who seals: intake, natija import, other publishers.")
    print(f"NATIJA_REALM_PUBLIC_KEY={to_text(key.public)}")


def print_storage_key() -> None:
    """Print a new key encryption key, as a setting."""
    print("# Secret, for the registrar and for natija appeal show: it opens every data key.")
    print(f"NATIJA_KEY_ENCRYPTION_KEY={to_text(secrets.token_bytes(KEY_BYTES))}")


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
