"""Temporary clones of this repository, each with a local stack of its own."""

import os
import shutil
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from deploy.local import environment, kafka, processes
from deploy.local.paths import StackPaths
from deploy.local.ports import free_port
from deploy.local.processes import Record
from tests.stack import REPOSITORY

from natija_chassis.services import management_port_variable, port_variable


@dataclass(frozen=True, slots=True)
class Clone:
    """A copy of the working tree with an environment that finds the installed packages of this one."""

    root: Path

    @classmethod
    def make(cls, root: Path) -> "Clone":
        """Copy all but what git ignores. The downloaded jars are shared."""
        ignored = [line.strip("/") for line in (REPOSITORY / ".gitignore").read_text().split()]
        skip = shutil.ignore_patterns(".git", *ignored)
        shutil.copytree(REPOSITORY, root, ignore=skip, dirs_exist_ok=True)
        clone = cls(root)
        clone._make_environment()
        ours = StackPaths.of_clone()
        ours.make()
        kafka.fetch_jars(ours)
        clone.paths.state.mkdir(mode=0o700)
        clone.paths.jars.symlink_to(ours.jars)
        # Each worker of pytest has clones of its own: two that like the same ports may find them free at once.
        variables = (port_variable, management_port_variable)
        ports = {name(service): str(free_port()) for service in environment.SERVICES for name in variables}
        environment.write(clone.paths, {**ports, environment.ISSUER: f"http://127.0.0.1:{free_port()}"})
        _git(root, "init", "-q")
        _git(root, "add", ".")
        return clone

    @property
    def paths(self) -> StackPaths:
        """The folders of its stack."""
        return StackPaths(self.root / ".local")

    def local(
        self, *arguments: str, seconds: float = 100, given: dict[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run `python -m deploy.local ARGUMENTS` in it, as make does, with *given* in the environment."""
        return self._run([".venv/bin/python", "-m", "deploy.local", *arguments], seconds, given)

    def make_target(self, *targets: str, seconds: float = 100) -> "subprocess.CompletedProcess[str]":
        """Run `make TARGETS` in it."""
        return self._run(["make", *targets], seconds)

    def natija(self, *arguments: str, seconds: float = 60) -> "subprocess.CompletedProcess[str]":
        """Run its `natija`, told nothing by the environment."""
        return self._run([".venv/bin/natija", *arguments], seconds)

    def record(self, name: str) -> Record:
        """The running process *name* of its stack."""
        found = processes.find(self.paths, name)
        assert found, f"{name} does not run"
        return found

    def running(self) -> list[str]:
        """The command lines of all processes that work for this clone."""
        return [words for process in psutil.process_iter() if (words := self._mine(process))]

    def changed(self) -> str:
        """The files that git sees in it and that were not there when it was made."""
        return _git(self.root, "ls-files", "--others", "--exclude-standard") + _git(self.root, "diff", "--name-only")

    def destroy(self) -> None:
        """Kill what still runs and remove it all."""
        for process in psutil.process_iter():
            if self._mine(process):
                process.kill()
        end = time.monotonic() + 10
        while self.running() and time.monotonic() < end:
            time.sleep(0.05)
        shutil.rmtree(self.paths.sockets, ignore_errors=True)
        shutil.rmtree(self.root)

    def _mine(self, process: psutil.Process) -> str | None:
        """The command line of *process* when it works for this clone; a zombie works for nobody."""
        try:
            if process.status() == psutil.STATUS_ZOMBIE or process.pid == os.getpid():
                return None
            command = " ".join(process.cmdline())
            return command if str(self.root) in f"{process.cwd()} {command}" else None
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return None

    def _make_environment(self) -> None:
        venv = self.root / ".venv"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
        packages = Path(sysconfig.get_path("purelib", vars={"base": str(venv), "platbase": str(venv)}))
        (packages / "ours.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
        natija = venv / "bin" / "natija"
        natija.write_text(
            f"#!{venv / 'bin' / 'python'}\nimport sys\nfrom natija_chassis.cli.app import main\nsys.exit(main())\n"
        )
        natija.chmod(0o755)
        (venv / "made-in").write_text(str(self.root))
        (venv / "installed").touch()

    def environment(self, given: dict[str, str] | None = None) -> dict[str, str]:
        """Ours, without what another stack or another make has put there, with *given*."""
        others = ("NATIJA_", "MAKE", "MFLAGS")
        return {name: value for name, value in os.environ.items() if not name.startswith(others)} | (given or {})

    def _run(
        self, command: list[str], seconds: float, given: dict[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command,
            cwd=self.root,
            env=self.environment(given),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
        )


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True, check=True)
    return done.stdout
