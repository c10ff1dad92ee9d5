"""`natija publisher add` makes keys, an entry, access rights and a first event that work together."""

import json
import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.stack import REPOSITORY

from natija_chassis.errors import OperatorError
from natija_chassis.http import api_keys
from natija_chassis.realm.realm_files import DIRECTORY, PUBLISHERS, load_reference_data
from natija_events.signatures import SigningKey
from natija_intake.publishers import onboarding

Add = Callable[..., str]


@pytest.fixture
def realm_files(tmp_path: Path) -> Path:
    """The realm's files, which may be changed."""
    folder = tmp_path / "realm"
    folder.mkdir()
    for name in (DIRECTORY, PUBLISHERS):
        (folder / name).write_text((REPOSITORY / "deploy/realms/kg" / name).read_text())
    return folder


@pytest.fixture
def add(realm_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Add:
    """Runs the command; what it printed."""
    monkeypatch.setenv("NATIJA_ENV_FILE", str(tmp_path / "none.env"))
    monkeypatch.setenv("NATIJA_REALM_FILES", str(realm_files))

    def run(name: str, role: str, body: str | None = None, *, write: bool = True, public_key: str | None = None) -> str:
        onboarding.add(name, role, body, tmp_path / "secrets", write=write, public_key=public_key)
        return capsys.readouterr().out

    return run


def test_added_publisher_is_in_realm_files(add: Add, realm_files: Path, tmp_path: Path) -> None:
    """The entry lists the key whose private part only this user can read."""
    add("labour", "desk", "ministry-transport")
    entry = load_reference_data(realm_files).publishers["/desks/labour"]
    file = tmp_path / "secrets" / "desks.labour.pem"
    assert [one.public_key for one in entry.keys] == [SigningKey.from_pem(file.read_bytes()).public_text]
    assert (entry.body, entry.principal, entry.vouched) == ("ministry-transport", "kg.publisher.desks.labour", True)
    for path in (tmp_path / "secrets").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_entry_is_only_printed(add: Add, realm_files: Path) -> None:
    """Without --write the file stays as it is; comments of the file stay with it."""
    before = (realm_files / PUBLISHERS).read_text()
    printed = add("/portals/open-city", "channel", write=False)
    assert (realm_files / PUBLISHERS).read_text() == before
    line = next(line for line in printed.splitlines() if line.startswith("  /portals/open-city: "))
    (realm_files / PUBLISHERS).write_text(f"{before}{line}\n")
    assert "/portals/open-city" in load_reference_data(realm_files).publishers


def test_api_key_comes_with_the_entry(add: Add, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its file is as private as the other ones, and the first event reads it. A second one is refused before anything
    is written."""
    keys, folder = tmp_path / "api-keys.yaml", tmp_path / "secrets"
    monkeypatch.setenv("NATIJA_API_KEYS", str(keys))
    printed = add("labour", "channel")
    file = folder / "portals.labour.api-key"
    [entry] = api_keys.read(keys)
    assert (entry.name, entry.source, entry.roles) == ("portals-labour", "/portals/labour", ["publisher"])
    assert entry.sha256 == api_keys.digest(file.read_text())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert f'NATIJA_API_KEY="$(cat {file})"' in printed
    assert file.read_text() not in printed
    before = set(folder.iterdir())
    with pytest.raises(OperatorError, match="has a key for portals-labour"):
        add("/portals.labour", "channel")
    assert set(folder.iterdir()) == before


def test_api_key_needs_write(add: Add, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --write no file of the realm changes, and the command for the key is printed."""
    monkeypatch.setenv("NATIJA_API_KEYS", str(tmp_path / "api-keys.yaml"))
    printed = add("labour", "channel", write=False)
    assert not (tmp_path / "api-keys.yaml").exists()
    command = "natija api-key add portals-labour --role publisher --source /portals/labour"
    assert f'NATIJA_API_KEY="$({command})"' in printed


def test_access_rights_name_no_others_topic(add: Add) -> None:
    """A publisher writes the inbox, reads its outcomes and reference data, and has groups of its own."""
    printed = add("labour", "channel")
    rights = [line.partition("--add --allow-principal ")[2] for line in printed.splitlines() if "--add " in line]
    rights = [line for line in rights if line]
    assert rights == [
        "User:kg.publisher.portals.labour --operation Write --topic kg.appeals.inbox",
        "User:kg.publisher.portals.labour --operation Read --topic kg.outcomes.portals.labour"
        " --topic kg.appeals.reference",
        "User:kg.publisher.portals.labour --operation Read --group kg.publisher.portals.labour."
        " --resource-pattern-type prefixed",
    ]


def test_first_event_can_be_sent(add: Add) -> None:
    """The program compiles, and the body of the command is a CloudEvent with names that the realm has."""
    printed = add("labour", "channel")
    [program] = re.findall(r"<<'PYTHON'\n(.*?)^PYTHON$", printed, re.MULTILINE | re.DOTALL)
    compile(program, "first_event.py", "exec")
    [body] = re.findall(r"<<'JSON'\n(.*?)^JSON$", printed, re.MULTILINE | re.DOTALL)
    event = json.loads(body)
    assert event["source"] == "/portals/labour"
    assert (event["data"]["channel"], event["data"]["jurisdiction"]) == ("electronic", "KG")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("labour", "minister"), "--role"),
        (("labour", "desk"), "--body"),
        (("labour", "desk", "ministry-of-magic"), "--body"),
        (("/desks/*", "channel"), "pattern"),
        (("lab our", "channel"), "name of the publisher"),
        (("/services/osh", "channel"), "own services"),
        (("/desks/ministry-transport", "desk", "ministry-transport"), "already"),
    ],
)
def test_wrong_publisher_is_refused(
    add: Add, realm_files: Path, tmp_path: Path, given: tuple[str, ...], says: str
) -> None:
    """Nothing is written then."""
    before = (realm_files / PUBLISHERS).read_text()
    with pytest.raises(OperatorError, match=says):
        add(*given)
    assert (realm_files / PUBLISHERS).read_text() == before
    assert not (tmp_path / "secrets").exists()


def test_publisher_may_bring_its_key(add: Add, realm_files: Path, tmp_path: Path) -> None:
    """Then no private key is made, and a text in another form is refused."""
    public = SigningKey(bytes(32)).public_text
    add("labour", "channel", public_key=public)
    assert [one.public_key for one in load_reference_data(realm_files).publishers["/portals/labour"].keys] == [public]
    assert not list((tmp_path / "secrets").glob("*.pem"))
    with pytest.raises(OperatorError, match="public_key"):
        add("health", "channel", public_key="secret")


@pytest.mark.parametrize("name", ["/portals/osh", "portals/osh"])
def test_source_begins_with_slash(name: str) -> None:
    assert onboarding.full_source(name, "channel") == "/portals/osh"
    assert onboarding.full_source("osh", "channel") == "/portals/osh"
