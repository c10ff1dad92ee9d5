"""Failpoints: named steps before and after which a test can kill or stop the very process that takes them.

A step is an effect that outlives its process: a send, a commit, a checkpoint, a switch. The code marks it where it is
taken, ``with failpoint("registrar.commit"): ...``, and `tests/faults` goes through all of them. Nothing happens here
unless NATIJA_FAILPOINT is set, which no deployment does.
"""

import os
import signal
from types import TracebackType
from typing import Literal, NamedTuple

VARIABLE = "NATIJA_FAILPOINT"
"""`STEP:before` or `STEP:after`, then the number of the pass that counts (1) and the signal it gets (KILL):
`registrar.commit:after:3:STOP`."""

Side = Literal["before", "after"]


class Armed(NamedTuple):
    """The one failpoint of this process that is armed."""

    step: str
    side: Side
    passes: int
    number: signal.Signals


def read(text: str) -> Armed:
    """What VARIABLE says. Raises ValueError for what is no failpoint."""
    step, side, *more = text.split(":")
    if side not in ("before", "after") or len(more) > 2:
        raise ValueError(f"{VARIABLE} is no STEP:before|after[:COUNT[:SIGNAL]]")
    passes = int(more[0]) if more else 1
    number = signal.Signals[f"SIG{more[1] if len(more) > 1 else 'KILL'}"]
    return Armed(step, "before" if side == "before" else "after", passes, number)


class failpoint:
    """Mark the block as the *step*. A block that raises has no "after"."""

    __slots__ = ("_step",)

    def __init__(self, step: str) -> None:
        self._step = step

    def __enter__(self) -> None:
        if _armed is not None:
            _pass(_armed, self._step, "before")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if _armed is not None and kind is None:
            _pass(_armed, self._step, "after")


_armed = read(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None
_passed = 0


def _pass(armed: Armed, step: str, side: Side) -> None:
    global _passed
    if (step, side) == (armed.step, armed.side):
        _passed += 1
        if _passed == armed.passes:
            os.kill(os.getpid(), armed.number)
