"""The keys of publishers in tests: each derives from its source, so every test knows it.

python -m tests.signing    writes the files of the realm of the tests, with these keys, to tests/realm
"""

from functools import cache
from hashlib import sha256
from pathlib import Path

from deploy.local import realm_files
from deploy.local.paths import REPOSITORY
from tests.realm_pool import REALM_FILES

from natija_chassis.key_ring import holder, key_file, write_key
from natija_events.signatures import SigningKey

TEMPLATE = REPOSITORY / "deploy" / "realms" / "kg"
UNSIGNED = {
    "/registers/*": "history", "/portals/*": "channel", "/desks/*": "desk", "/routers/*": "router",
    "/clocks/*": "clock", "/oversight/*": "oversight", "/data-officers/*": "data-officer",
}  # fmt: skip
"""Publishers of the tests that need no key, beside those of the Kyrgyz realm, which have one."""


def key_of(source: str) -> SigningKey:
    """The key of *source* in every realm of the tests."""
    return SigningKey(sha256(f"natija tests {source}".encode()).digest())


def key_if_signed(source: str) -> SigningKey | None:
    """The key of *source*; None for one that is unsigned in tests."""
    return key_of(source) if source in _signed() else None


def write_keys(folder: Path) -> None:
    """Write the private keys of all publishers to *folder*, those of a process to a folder of its own."""
    for source in _signed():
        write_key(key_file(folder / holder(source), source), key_of(source))


@cache
def _signed() -> frozenset[str]:
    return realm_files.sources(TEMPLATE)


def write_realm_files(folder: Path, keys: Path) -> None:
    """Write the files of the realm of the tests to *folder*, and the private keys to *keys*."""
    write_keys(keys)
    realm_files.write(TEMPLATE, folder, keys, unsigned=UNSIGNED)


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as keys:
        write_realm_files(REALM_FILES, Path(keys))
