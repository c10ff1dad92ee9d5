"""Kills or stops this process at one failpoint, for the tests. No deployment sets the two variables it needs.

`tests/faults` goes through all steps that `natija_events.failpoints` marks: before and after each of them, the process
gets a signal. `arm` is called where a `natija` process starts. Without NATIJA_TESTING=1 it does nothing.
"""

import os
import signal
from typing import NamedTuple

from natija_events import failpoints
from natija_events.failpoints import Side

TESTING = "NATIJA_TESTING"
"""Must be `1`; otherwise FAILPOINT is ignored."""

FAILPOINT = "NATIJA_FAILPOINT"
"""`STEP:before` or `STEP:after`, then the number of the pass that counts (1) and the signal (KILL):
`registrar.commit:after:3:STOP`."""


class Armed(NamedTuple):
    """The failpoint at which this process is hit: on this *side* of the *step*, on its pass number *passes*."""

    step: str
    side: Side
    passes: int
    number: signal.Signals


def arm() -> None:
    """Install the failpoint of the environment, if there is one. Raises ValueError or KeyError for a wrong one."""
    point = os.environ.get(FAILPOINT)
    if point and os.environ.get(TESTING) == "1":
        failpoints.install(_Killer(parse(point)))


def parse(text: str) -> Armed:
    """Parse the value of FAILPOINT. Raises ValueError, or KeyError for an unknown signal."""
    step, side, *more = text.split(":")
    if side not in ("before", "after") or len(more) > 2:
        raise ValueError(f"{FAILPOINT}: must be STEP:before|after[:COUNT[:SIGNAL]]")
    passes = int(more[0]) if more else 1
    number = signal.Signals[f"SIG{more[1] if len(more) > 1 else 'KILL'}"]
    return Armed(step, "before" if side == "before" else "after", passes, number)


class _Killer:
    """Counts the passes and sends the signal at the armed one."""

    def __init__(self, armed: Armed) -> None:
        self._armed = armed
        self._passed = 0

    def __call__(self, step: str, side: Side) -> None:
        if (step, side) == (self._armed.step, self._armed.side):
            self._passed += 1
            if self._passed == self._armed.passes:
                os.kill(os.getpid(), self._armed.number)
