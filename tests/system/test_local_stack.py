"""`make up`, `make down` and what `natija` finds in between, in a temporary clone."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from deploy.local.environment import SERVICES, read
from tests.system.clones import Clone

from natija_chassis.services import management_port_variable

EVERYTHING = {"kafka", "postgres", "identity", *SERVICES}


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """A clone whose whole stack runs."""
    clone = Clone.make(tmp_path_factory.mktemp("c"))
    try:
        done = clone.make_target("up")
        assert done.returncode == 0, done.stdout + done.stderr
        yield clone
    finally:
        clone.destroy()


def test_processes_are_ready_after_up(up: Clone) -> None:
    values = read(up.paths)
    for service in SERVICES:
        url = f"http://127.0.0.1:{values[management_port_variable(service)]}/ready"
        answer = httpx.get(url, trust_env=False)
        assert answer.status_code == 200, f"{service}: {answer.text}"


INTAKE_SECRETS = {"NATIJA_NUMBER_SECRET", "NATIJA_ACCESS_CODE_SECRET", "NATIJA_REGISTRATION_SECRETS"}
OPENING_KEYS = {"NATIJA_REALM_KEY", "NATIJA_KEY_ENCRYPTION_KEY"}
SEALING_KEY = "NATIJA_REALM_PUBLIC_KEY"
KEK = "NATIJA_KEY_ENCRYPTION_KEY"
KEYS = {
    "registrar": OPENING_KEYS, "intake": {SEALING_KEY, *INTAKE_SECRETS}, "desk": {SEALING_KEY, KEK},
    "answers": {KEK, "NATIJA_ACCESS_CODE_SECRET"},
}  # fmt: skip
"""The keys in the environment of each process; the others have none. Intake can only seal."""
SIGNING_KEYS = {"intake": 1, "routing": 1, "deadlines": 1, "desk": 3}
"""How many private keys a process has. The desk has one for each body whose officials sign in."""


def test_processes_hold_own_keys_only(up: Clone) -> None:
    """No process has a key of another in its environment, or the name of a file that holds it."""
    values = read(up.paths)
    keys = {path: path.read_text() for path in up.paths.keys.rglob("*.pem")}
    assert {path.parent.name for path in keys} >= {"intake", "routing", "deadlines", "import"}
    for service in SERVICES:
        record = up.record(service)
        assert record is not None
        raw = Path(f"/proc/{record.pid}/environ").read_text()
        found = dict(one.partition("=")[::2] for one in raw.split("\0") if one.startswith("NATIJA_"))
        secrets = {SEALING_KEY, "NATIJA_POSTGRES", *OPENING_KEYS, *INTAKE_SECRETS}
        assert {name for name in secrets if values[name] in raw} == KEYS.get(service, set())
        assert found["NATIJA_ENV_FILE"] == os.devnull
        assert found["NATIJA_KEYS"] == str(up.paths.keys / "{process}")
        assert not any(text in raw or str(path) in raw for path, text in keys.items())
        own = {path for path in keys if path.parent.name == service}
        assert len(own) == SIGNING_KEYS.get(service, 0)


def test_natija_finds_the_stack(up: Clone) -> None:
    done = up.natija("projection", "lag", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert {row["lag"] for row in json.loads(done.stdout)} == {0}
    done = up.natija("provision")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr  # nothing was missing


def test_status_lists_processes_with_memory(up: Clone) -> None:
    rows = [line.split() for line in up.make_target("status").stdout.splitlines()]
    assert {row[0] for row in rows} == EVERYTHING | {"together"}
    assert all(int(row[1]) > 10 for row in rows)


def test_second_up_starts_missing_only(up: Clone) -> None:
    before = {name: up.record(name).pid for name in EVERYTHING}
    os.kill(before["routing"], signal.SIGKILL)
    assert up.make_target("up").returncode == 0
    after = {name: up.record(name).pid for name in EVERYTHING}
    assert {name for name in EVERYTHING if before[name] != after[name]} == {"routing"}


@pytest.mark.thorough
def test_demo_leaves_running_stack_alone(up: Clone) -> None:
    assert up.make_target("up").returncode == 0
    before = {name: up.record(name) for name in EVERYTHING}
    done = up.local("demo", "--once")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {name: up.record(name) for name in EVERYTHING} == before


@pytest.mark.thorough
def test_failed_process_shows_its_log(up: Clone) -> None:
    done = up.local("up", given={"NATIJA_KEY_ENCRYPTION_KEY": "too short"})
    assert done.returncode == 1
    assert "ended while it started; its log is" in done.stderr
    assert "  | " in done.stderr
    assert up.make_target("up").returncode == 0


def test_down_stops_every_process(up: Clone) -> None:
    assert up.make_target("up").returncode == 0
    stopped = up.make_target("down").stdout.removeprefix("stopped ").strip().split(", ")
    assert set(stopped) == EVERYTHING
    assert up.running() == []
    assert up.changed() == ""
