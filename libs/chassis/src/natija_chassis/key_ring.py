"""The keys with which a process signs: one file for each source, in a folder of the process' own."""

from pathlib import Path

from natija_chassis.errors import OperatorError
from natija_chassis.settings import Settings
from natija_events.signatures import SigningKey


def signing_key(settings: Settings, source: str) -> SigningKey | None:
    """The key with which this process signs as *source*; None without one, for a source that is listed as unsigned.

    NATIJA_SIGNING_KEY, if it is set, signs for every source. Raises `OperatorError` for a key that cannot be read.
    """
    if settings.signing_key is not None:
        return _parsed("NATIJA_SIGNING_KEY", settings.signing_key.get_secret_value().encode())
    if settings.key_folder is None:
        return None
    path = key_file(settings.key_folder, source)
    try:
        pem = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OperatorError(f"{path}: {error.strerror}") from None
    return _parsed(str(path), pem)


def service_key(settings: Settings) -> SigningKey | None:
    """The key of a service for its own source. Where the realm has keys, a missing one raises `OperatorError`."""
    source = settings.source
    key = signing_key(settings, source)
    if key is None and settings.key_folder is not None:
        path = key_file(settings.key_folder, source)
        raise OperatorError(f"{path} does not exist: `natija keys create {source}` makes it")
    return key


def key_file(folder: Path, source: str) -> Path:
    """The file of the key for *source* in the *folder* of a process."""
    return folder / f"{source.strip('/').replace('/', '.')}.pem"


def holder(source: str) -> str:
    """The process that holds the key of *source*: a service its own, the import those of registers, the desk those of
    desks."""
    kind, _, name = source.strip("/").partition("/")
    if kind == "services":
        return name
    return {"registers": "import", "desks": "desk"}.get(kind, "publishers")


def write_key(path: Path, key: SigningKey) -> None:
    """Write a new file that only this user may read. Raises `OperatorError` when there is one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        raise OperatorError(f"{path} exists: a key is never overwritten. Choose another file with --output") from None
    path.write_bytes(key.to_pem())


def _parsed(named: str, pem: bytes) -> SigningKey:
    try:
        return SigningKey.from_pem(pem)
    except ValueError as error:
        raise OperatorError(f"{named}: {error}") from None
