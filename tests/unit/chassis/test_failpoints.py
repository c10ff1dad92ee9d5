"""The failpoint of a test kills the process at the armed step, side and pass, and nowhere else."""

import json
import os
import signal
import subprocess
import sys

import pytest

from natija_chassis.process.failpoints import FAILPOINT, TESTING, Armed, parse

PROGRAM = """
import json, os, sys
from natija_events.failpoints import failpoint
from natija_chassis.process import failpoints

def work():
    for step in ("send", "commit", "commit", "broken"):
        try:
            with failpoint(step):
                os.write(1, step.encode() + b" ")
                if step == "broken":
                    raise OSError
        except OSError:
            os.write(1, b"raised ")

ends = []
for variables in json.load(sys.stdin):
    read, write = os.pipe()
    if not (child := os.fork()):
        os.dup2(write, 1)
        os.environ.update(variables)
        failpoints.arm()
        work()
        os._exit(0)
    os.close(write)
    _, status = os.waitpid(child, 0)
    ends.append((os.waitstatus_to_exitcode(status), os.fdopen(read).read()))
print(json.dumps(ends))
"""

KILLED = -signal.SIGKILL
UNHARMED = (0, "send commit commit broken raised ")
CASES: dict[str, tuple[int, str]] = {
    "": UNHARMED,
    "another:before": UNHARMED,
    "commit:after:3": UNHARMED,
    "broken:after": UNHARMED,
    "send:before": (KILLED, ""),
    "send:after": (KILLED, "send "),
    "commit:before": (KILLED, "send "),
    "commit:before:2": (KILLED, "send commit "),
    "commit:after:2": (KILLED, "send commit commit "),
    "commit:after:1:TERM": (-signal.SIGTERM, "send commit "),
}


def run(cases: list[dict[str, str]]) -> list[tuple[int, str]]:
    """Run PROGRAM, a child for each of *cases*: its exit code, and the steps it had taken by then."""
    inherited = {name: value for name, value in os.environ.items() if name not in (TESTING, FAILPOINT)}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, env=inherited, input=json.dumps(cases), capture_output=True, text=True, check=True)
    return [(code, steps) for code, steps in json.loads(done.stdout)]


def test_process_is_killed_at_armed_step() -> None:
    """Of all cases only those die whose step, side and pass come; without NATIJA_TESTING=1 none does."""
    testing = [{TESTING: "1", FAILPOINT: point} for point in CASES]
    not_testing = [{FAILPOINT: "send:before"}, {TESTING: "0", FAILPOINT: "send:before"}]

    ends = run(testing + not_testing)

    assert dict(zip(CASES, ends, strict=False)) == CASES
    assert ends[len(CASES) :] == [UNHARMED, UNHARMED]


def test_point_names_pass_and_signal() -> None:
    assert parse("commit:before") == Armed("commit", "before", 1, signal.SIGKILL)
    assert parse("commit:before:3:STOP") == Armed("commit", "before", 3, signal.SIGSTOP)


@pytest.mark.parametrize(
    "point", ["commit", "commit:beside", "commit:after:x", "commit:after:1:NONE", "a:after:1:KILL:b"]
)
def test_malformed_point_is_refused(point: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        parse(point)
