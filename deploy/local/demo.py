"""`make demo`: the main job, shown. A register goes in, one appeal is followed live, reports come out."""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import yaml

from deploy.local import demo_officials, environment, live, memory, processes, services, stack
from deploy.local.environment import SERVICES
from deploy.local.errors import LocalStackError, StepFailed
from deploy.local.paths import REPOSITORY, StackPaths
from natija_chassis.services import management_port_variable, port_variable

_MARGINALS = Path("examples/kg-h1-2019.yaml")
_MAPPING = Path("examples/kg-h1-2019-mapping.yaml")
_SEED = "2019"
_LANGUAGES = ("ky", "en")
_CATCH_UP_SECONDS = 60


def run(paths: StackPaths, *, once: bool) -> int:
    """Show everything. With *once* end after the reports, else run until Ctrl-C. At the end stop the processes it
    started."""
    if (other := stack.running_demo(paths)) is not None:
        raise LocalStackError(f"a demo runs already (process {other}): end it by Ctrl-C, or stop all by `make down`")
    owner = stack.demo_owner(os.getpid())
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _as_interrupt)
    try:
        demo = _bring_up(paths, owner)
        demo.show()
        if not once:
            demo.stay()
    except StepFailed as failure:
        print(f"natija: the demo failed at the step: {failure}", file=sys.stderr)
        return failure.code
    finally:
        with processes.signals_deferred():
            if stopped := stack.release(paths, owner):
                print(f"Stopped {', '.join(record.name for record in stopped)}.")
    return 0


def _bring_up(paths: StackPaths, owner: str) -> "Demo":
    with _step("Kafka, PostgreSQL and the eight processes of Natija"):
        values = stack.up(paths, owner=owner)
        for record in processes.find_all(paths):
            print(f"  {record.name:<10} {record.where}")
    return Demo(paths, values)


@dataclass(frozen=True, slots=True)
class Demo:
    """One run against the stack of *paths*, whose settings are *values*."""

    paths: StackPaths
    values: Mapping[str, str]

    def show(self) -> None:
        """The main job, step by step."""
        register = os.path.relpath(self.paths.state / "sample.csv", REPOSITORY)
        with _step("The register of the first half of 2019 goes in through the inbox"):
            self.natija("sample", "--marginals", str(_MARGINALS), "--seed", _SEED, "--output", register)
            self.natija("import", register, "--mapping", str(_MAPPING))
        with _step("A citizen sends an appeal; routing and deadlines act on it"):
            number = live.follow_one(self.url("intake"), self.values["NATIJA_KAFKA"], self.values["NATIJA_REALM"])
            self._wait_for_readers()
        with _step("The reports of that half-year"):
            marginals = yaml.safe_load((REPOSITORY / _MARGINALS).read_text())
            period = ("--from", str(marginals["first_day"]), "--to", str(marginals["last_day"]))
            tables = [(table, language) for language in _LANGUAGES for table in ("channels", "regions", "topics")]
            self.natija_each([("report", table, *period, "--lang", language) for table, language in tables])
        with _step("The history of that appeal"):
            self.natija("history", number)
        self._say_where(number)

    def natija(self, *arguments: str) -> None:
        """Run `natija ARGUMENTS` before the reader's eyes."""
        print(f"$ natija {shlex.join(arguments)}", flush=True)
        _succeeded(subprocess.run([services.NATIJA, *arguments], env=self._environment(), cwd=REPOSITORY))

    def natija_each(self, commands: Sequence[tuple[str, ...]]) -> None:
        """Run one after the other for the reader, in fact two at a time: most of it is starting up."""

        def run(arguments: tuple[str, ...]) -> "subprocess.CompletedProcess[str]":
            command = [services.NATIJA, *arguments]
            return subprocess.run(command, env=self._environment(), cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)

        with ThreadPoolExecutor(2) as pool:
            for arguments, done in zip(commands, pool.map(run, commands), strict=True):
                print(f"$ natija {shlex.join(arguments)}\n{done.stdout}", flush=True)
                _succeeded(done)

    def url(self, service: str) -> str:
        """Where *service* answers."""
        return f"http://{self.values['NATIJA_HOST']}:{self.values[port_variable(service)]}"

    def management_url(self, service: str) -> str:
        """Where *service* shows its state."""
        return f"http://{self.values['NATIJA_HOST']}:{self.values[management_port_variable(service)]}"

    def stay(self) -> None:
        """Return at Ctrl-C, or when the stack was stopped from elsewhere; raise when a part of it died."""
        print("\nCtrl-C ends the demo and stops what it started.", flush=True)
        watched = processes.find_all(self.paths)
        try:
            while True:
                time.sleep(0.5)
                ended = [record.name for record in watched if not record.alive]
                if len(ended) == len(watched):
                    print("The stack was stopped.")
                    return
                if ended:
                    raise StepFailed(f"{', '.join(ended)} ended; see {self.paths.log(ended[0])}", 1)
        except KeyboardInterrupt:
            print()

    def _wait_for_readers(self) -> None:
        """Return when every service has applied the whole log."""
        end = time.monotonic() + _CATCH_UP_SECONDS
        while behind := [service for service in SERVICES if not services.ready(self.management_url(service))]:
            if time.monotonic() > end:
                raise StepFailed(f"{', '.join(behind)} did not catch up within {_CATCH_UP_SECONDS} s", 1)
            time.sleep(0.2)

    def _say_where(self, number: str) -> None:
        print("\nOpen")
        for service in SERVICES:
            print(f"  {service:<10} {self.management_url(service)}/")
        print(f"  {'citizens':<10} {self.url('intake')}/file")
        print(f"  {'everybody':<10} {self.url('analytics')}/statistics")
        self._say_who_signs_in()
        held = sum(memory.memory_of_tree(record.pid) for record in processes.find_all(self.paths))
        print(f"\nAll of it holds {held / 2**20:.0f} MiB of memory.")
        print("Try")
        print(f"  .venv/bin/natija history {number} --from-log")
        print(f"  {services.as_operator(self.url('analytics') + '/reports/overdue')}")
        print("  .venv/bin/natija clock --advance 60d      and see what the passing of its term adds", flush=True)

    def _say_who_signs_in(self) -> None:
        if os.environ.get(environment.ISSUER):
            return
        print("\nSign in, on this machine only: its identity provider lets anybody be any of these officials")
        for process, path, who in (
            ("desk", "/desk", "officials work on the appeals of their body"),
            ("intake", "/ru/clerk", "a registrar enters letters"),
            ("deadlines", "/board", "heads, controllers and auditors watch the terms"),
        ):
            print(f"  http://localhost:{self.values[port_variable(process)]}{path:<12}{who}")
        found = demo_officials.officials(self.paths.realm)
        for body in dict.fromkeys(one.body for one in found):
            print(f"  {', '.join(one.subject for one in found if one.body == body)}")

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **services.environment(self.paths, self.values)}


def _succeeded(done: "subprocess.CompletedProcess[Any]") -> None:
    if done.returncode:
        raise StepFailed(f"natija {done.args[1]}", done.returncode)


@contextmanager
def _step(title: str) -> Iterator[None]:
    print(f"\n== {title}", flush=True)
    began = time.monotonic()
    yield
    print(f"   ({time.monotonic() - began:.1f} s)", flush=True)


def _as_interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
