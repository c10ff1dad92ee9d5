"""Failpoints: named steps at which a test of Natija itself may stop the process. In any other program nothing happens.

A step is an effect that outlives its process: a send, a commit, a checkpoint, a switch. The code marks it:
``with failpoint("registrar.commit"): ...``. Only a handler that a program installs can act on it. The library installs
none and reads no environment variable.
"""

from collections.abc import Callable
from types import TracebackType
from typing import Literal

Side = Literal["before", "after"]
Handler = Callable[[str, Side], None]
"""Called with the name of the step, before the block and after it."""

_handler: Handler | None = None


def install(handler: Handler | None) -> None:
    """Have *handler* called at every step of this process from now on; None removes it."""
    global _handler
    _handler = handler


class failpoint:
    """Mark the block as the *step*. A block that raises has no "after"."""

    __slots__ = ("_step",)

    def __init__(self, step: str) -> None:
        self._step = step

    def __enter__(self) -> None:
        if _handler is not None:
            _handler(self._step, "before")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if _handler is not None and kind is None:
            _handler(self._step, "after")
