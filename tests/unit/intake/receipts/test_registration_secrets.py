"""The file of the secrets of registration ids: two are kept, and a rotation takes effect at once or not at all."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from natija_chassis.errors import OperatorError
from natija_events import failpoints
from natija_events.failpoints import Side
from natija_intake.receipts.registration_secrets import RegistrationSecrets, read, rotate


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "registration-secrets"


def test_rotation_keeps_the_one_before(path: Path) -> None:
    assert rotate(path) == 1
    [first] = read(path)
    assert rotate(path) == 2
    second, older = read(path)
    assert older == first
    assert rotate(path) == 2
    assert read(path)[1] == second
    assert len({first, second, *read(path)}) == 3
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_running_process_reads_new_secrets(path: Path) -> None:
    rotate(path)
    secrets = RegistrationSecrets(path)
    before = secrets.newest_first()
    rotate(path)
    assert secrets.newest_first() == read(path)
    assert secrets.newest_first()[1:] == before


def test_killed_rotation_changes_nothing(path: Path) -> None:
    """It dies before the new file takes the place of the old one. The next rotation works."""
    rotate(path)
    before = read(path)

    def die(step: str, side: Side) -> None:
        if (step, side) == ("registration-secrets.replace", "before"):
            raise KeyboardInterrupt

    failpoints.install(die)
    try:
        with pytest.raises(KeyboardInterrupt):
            rotate(path)
    finally:
        failpoints.install(None)
    assert read(path) == before
    rotate(path)
    assert read(path)[1:] == before


def test_rotations_at_once_are_in_turn(path: Path) -> None:
    """Each keeps the secret of the one before it, so none drops a secret that is in use."""
    rotate(path)
    states = [read(path)]

    def look(step: str, side: Side) -> None:
        if side == "after":
            states.append(read(path))

    failpoints.install(look)
    try:
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(rotate, [path] * 20))
    finally:
        failpoints.install(None)
    assert [later[1] for later in states[1:]] == [earlier[0] for earlier in states[:-1]]


@pytest.mark.parametrize(
    "content", ["", "hunter2\n", "hunter2 " * 2, "A" * 43 + "\n" + "A" * 42 + "\n", ("A" * 43 + "\n") * 3]
)
def test_wrong_file_is_refused_without_content(path: Path, content: str) -> None:
    path.write_text(content)
    for use in (RegistrationSecrets, rotate):
        with pytest.raises(OperatorError, match="32 bytes") as refused:
            use(path)
        assert "hunter2" not in str(refused.value)
    assert path.read_text() == content


def test_missing_file_names_the_command(path: Path) -> None:
    with pytest.raises(OperatorError, match="rotate-secret"):
        RegistrationSecrets(path)


def test_broken_file_keeps_last_secrets(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A process that runs goes on, and logs it once."""
    rotate(path)
    secrets = RegistrationSecrets(path)
    before = secrets.newest_first()
    path.unlink()
    assert [secrets.newest_first() for _ in range(3)] == [before] * 3
    assert len(caplog.records) == 1
    rotate(path)
    assert secrets.newest_first() == read(path) != before
