"""The error that stops the local stack with a message and without a traceback."""

from pathlib import Path


class LocalStackError(Exception):
    """A step failed; the message says which and what to do."""


class StepFailed(Exception):
    """A step of the demo ended badly and has said why; *code* is what the demo ends with."""

    def __init__(self, step: str, code: int) -> None:
        super().__init__(step)
        self.code = code


def with_log(message: str, log: Path, lines: int = 12) -> LocalStackError:
    """*message* with the name of *log* and its last *lines*."""
    try:
        last = log.read_text(errors="replace").splitlines()[-lines:]
    except FileNotFoundError:
        last = []
    return LocalStackError("\n".join([f"{message}; its log is {log}", *(f"  | {line}" for line in last)]))
