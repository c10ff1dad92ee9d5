"""Files that hold secrets: for this user only, changed by one process at a time, and replaced in one step."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from natija_chassis.errors import OperatorError


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One change of the file at *path* at a time; a second one waits."""
    with path.with_name(f"{path.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def read(path: Path, variable: str) -> str:
    """The content of the file at *path*, without white space around it; *variable* is the setting that names it.

    Raises `OperatorError` when it cannot be read, is empty, or when others may read it.
    """
    try:
        mode, content = path.stat().st_mode, path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"{path} ({variable}): {getattr(error, 'strerror', None) or 'is not a text'}") from None
    if stat.S_IMODE(mode) & 0o077:
        raise OperatorError(f"{path} ({variable}): others may read it. Run `chmod 600` on it")
    if not content:
        raise OperatorError(f"{path} ({variable}): is empty")
    return content


def replace(path: Path, content: str) -> None:
    """Write *content* to the file at *path*, so that a power failure leaves the file of before or this one."""
    draft = path.with_name(f"{path.name}.draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # else a power failure could bring back the older file
    finally:
        os.close(folder)
