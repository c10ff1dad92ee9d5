"""Folders with packages of other languages, which their own tools fetch once: npm, Maven."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from deploy.local.paths import REPOSITORY

_FOLDER = REPOSITORY / ".local" / "packages"
FETCH_SECONDS = 300
"""The most time that one command takes."""


def ready_folder(name: str, files: Sequence[Path], commands: Sequence[Sequence[str]]) -> Path:
    """A folder with *files*, made ready by *commands* in it: once for each content of the files.

    Skips the test when a tool is missing, or when the first command cannot fetch its packages.
    """
    missing = next((command[0] for command in commands if shutil.which(command[0]) is None), None)
    if missing is not None:
        pytest.skip(f"{missing} is not on this machine")
    content = b"".join(file.read_bytes() for file in files)
    folder = _FOLDER / f"{name}-{hashlib.sha256(content).hexdigest()[:12]}"
    if not folder.is_dir():
        draft = folder.with_name(f"{folder.name}.{os.getpid()}")
        draft.mkdir(parents=True, exist_ok=True)
        try:
            _make(draft, files, commands)
            draft.replace(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return folder


def _make(folder: Path, files: Sequence[Path], commands: Sequence[Sequence[str]]) -> None:
    for file in files:
        shutil.copy(file, folder)
    fetch, *others = commands
    if (failure := _failure(folder, fetch)) is not None:
        pytest.skip(f"{fetch[0]} cannot fetch its packages: {failure}")
    for command in others:
        assert _failure(folder, command) is None


def _failure(folder: Path, command: Sequence[str]) -> str | None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=FETCH_SECONDS)
    except subprocess.TimeoutExpired:
        return f"it takes longer than {FETCH_SECONDS} s"
    return (done.stdout + done.stderr)[-500:] if done.returncode else None
