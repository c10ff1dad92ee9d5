"""Forked processes behave as executed ones."""

import os
import signal
import sys
from pathlib import Path

import pytest
from tests import prefork
from tests.prefork import ForkedProcess, Request


@pytest.fixture(autouse=True)
def forking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefork, "enabled", True)


async def forked(folder: Path, *arguments: str, module: str | None = None, **variables: str) -> ForkedProcess:
    request = Request(list(arguments), variables, str(folder), f"{folder}/out", f"{folder}/err", module)
    process = await prefork.start(request)
    assert process is not None
    return process


async def test_output_and_code_arrive(tmp_path: Path) -> None:
    """A command that does not exist ends with 2, and says so on stderr."""
    process = await forked(tmp_path, "unheard-of")
    assert await process.wait() == 2
    assert "unheard-of" in (tmp_path / "err").read_text()
    assert (tmp_path / "out").read_text() == ""


async def test_environment_and_folder_are_given(tmp_path: Path) -> None:
    process = await forked(tmp_path, module="tests.unit.tests.shown", GREETING="salam")
    assert await process.wait() == 0
    assert (tmp_path / "out").read_text() == f"{tmp_path} {{'GREETING': 'salam'}}\n"


async def test_signal_is_the_code(tmp_path: Path) -> None:
    process = await forked(tmp_path, module="tests.unit.tests.asleep")
    process.send_signal(signal.SIGSTOP)
    process.kill()
    assert await process.wait() == -signal.SIGKILL
    with pytest.raises(ProcessLookupError):
        process.kill()


async def test_altered_imports_are_executed(tmp_path: Path) -> None:
    request = Request(["-c", "print(1)"], dict(os.environ), str(tmp_path), f"{tmp_path}/out", f"{tmp_path}/err")
    request.environment["PYTHONPATH"] = str(tmp_path)
    assert await prefork.start(request) is None
    process = await prefork.execute([sys.executable], request)
    assert await process.wait() == 0
    assert (tmp_path / "out").read_text() == "1\n"
