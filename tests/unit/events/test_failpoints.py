"""Failpoints: nothing unless armed; armed, the very process is hit, at the step, on the side and pass it was told."""

import os
import signal
import subprocess
import sys

import pytest

from natija_events.failpoints import VARIABLE, Armed, read

PROGRAM = """
from natija_events.failpoints import failpoint
for step in ("send", "commit", "commit", "broken"):
    try:
        with failpoint(step):
            print(step, end=" ", flush=True)
            if step == "broken":
                raise OSError
    except OSError:
        print("raised", end=" ", flush=True)
print("ended", end="", flush=True)
"""


def run(point: str | None) -> tuple[int, str]:
    """Run PROGRAM with *point* armed: its exit code, and what it had done by then."""
    variables = {name: value for name, value in os.environ.items() if name != VARIABLE}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=variables | ({} if point is None else {VARIABLE: point}),
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("point", [None, "", "another:before", "commit:after:3"])
def test_unless_the_very_pass_is_armed_nothing_happens(point: str | None) -> None:
    assert run(point) == (0, "send commit commit broken raised ended")


@pytest.mark.parametrize(
    ("point", "done"),
    [
        ("send:before", ""),
        ("send:after", "send "),
        ("commit:before", "send "),
        ("commit:before:2", "send commit "),
        ("commit:after:2", "send commit commit "),
    ],
)
def test_the_process_is_killed_on_that_side_of_that_pass(point: str, done: str) -> None:
    assert run(point) == (-signal.SIGKILL, done)


def test_a_step_that_raises_has_no_after() -> None:
    assert run("broken:after") == (0, "send commit commit broken raised ended")


def test_another_signal_may_be_sent() -> None:
    assert run("commit:after:1:TERM") == (-signal.SIGTERM, "send commit ")
    assert read("commit:before:3:STOP") == Armed("commit", "before", 3, signal.SIGSTOP)


@pytest.mark.parametrize(
    "point", ["commit", "commit:beside", "commit:after:x", "commit:after:1:NONE", "a:after:1:KILL:b"]
)
def test_what_is_no_failpoint_is_refused(point: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        read(point)
