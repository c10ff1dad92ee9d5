"""The files of a realm with the keys of its publishers: what `make up` and the tests start a realm from."""

import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from natija_chassis.key_ring import holder, key_file, write_key
from natija_chassis.realm.realm_files import PUBLISHERS
from natija_events.signatures import SigningKey

_VALID_FROM = "2000-01-01T00:00:00Z"
"""Before any time that the clock of a demo may have."""


def write(
    template: Path,
    folder: Path,
    keys: Path,
    unsigned: Mapping[str, str] = MappingProxyType({}),
    desks: Iterable[str] = (),
) -> None:
    """Write the files of the realm *template* to *folder*: each unsigned publisher that is not a pattern gets a key.

    Each process has its private keys in a folder of its own in *keys*. Keys that are there stay. *unsigned* holds more
    publishers, which need no key: their roles by source or pattern. A desk speaks for the body that its source names.
    *desks* are bodies whose officials sign in here: each gets a desk, unless the template has it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in template.iterdir():
        if file.name != PUBLISHERS:
            link = folder / file.name
            link.unlink(missing_ok=True)
            link.symlink_to(os.path.relpath(file, folder))
    found = yaml.safe_load((template / PUBLISHERS).read_text(encoding="utf-8"))
    for body in desks:
        found["publishers"].setdefault(f"/desks/{body}", {"roles": ["desk"], "body": body, "unsigned": True})
    for source, entry in found["publishers"].items():
        if entry.get("unsigned") and not source.endswith("*"):
            _sign(entry, source, keys)
    for source, role in unsigned.items():
        speaks_for = {"body": "*"} if role == "desk" else {}
        found["publishers"][source] = {"roles": [role], "unsigned": True, **speaks_for}
    draft = folder / f"{PUBLISHERS}.draft"
    draft.write_text(yaml.safe_dump(found, allow_unicode=True, sort_keys=False), encoding="utf-8")
    draft.replace(folder / PUBLISHERS)


def sources(template: Path) -> frozenset[str]:
    """The publishers of the realm *template*."""
    return frozenset(yaml.safe_load((template / PUBLISHERS).read_text(encoding="utf-8"))["publishers"])


def _sign(entry: dict[str, Any], source: str, keys: Path) -> None:
    """List a key in *entry*: that of its private key's file, which is made if it is missing."""
    path = key_file(keys / holder(source), source)
    if not path.exists():
        write_key(path, SigningKey(secrets.token_bytes(32)))
    os.chmod(path.parent, 0o700)
    public = SigningKey.from_pem(path.read_bytes()).public_text
    entry.pop("unsigned", None)
    entry["keys"] = [{"public_key": public, "valid_from": _VALID_FROM}]
