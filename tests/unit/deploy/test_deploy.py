"""Parts of `deploy/` that need no running stack."""

import os
import re
import socket
import stat
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from deploy.local import environment, errors, kafka, postgres, processes
from deploy.local.paths import REPOSITORY, StackPaths

from natija_chassis.pages import sections
from natija_chassis.services import management_port_variable, port_variable
from natija_events.sealing.data_key import from_text
from natija_events.sealing.wrapping import RealmKey, SealingSession
from natija_intake.settings import ImportSettings


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StackPaths:
    for name in [name for name in os.environ if name.startswith("NATIJA_")]:
        monkeypatch.delenv(name)
    found = StackPaths(tmp_path / "state")
    found.make()
    return found


def _compose(paths: StackPaths, *held: str) -> dict[str, str]:
    """Settings on some servers, while the services *held* run."""
    postgres_url = "postgresql://postgres@/postgres?host=/sockets"
    return environment.compose(paths, kafka="127.0.0.1:9092", postgres=postgres_url, held=frozenset(held))


def test_compose_matches_local_stack() -> None:
    """Compose and the local stack run the same versions with the same settings."""
    services = yaml.safe_load((REPOSITORY / "deploy/compose.yaml").read_text())["services"]
    pom = ElementTree.parse(REPOSITORY / "deploy/local/pom.xml").getroot()
    versions = {one.findtext("{*}artifactId"): one.findtext("{*}version") for one in pom.iterfind(".//{*}dependency")}
    assert services["kafka"]["image"] == f"apache/kafka:{versions['kafka_2.13']}"
    ours = dict(re.findall(r"^([a-z.]+)=([^{}\n]+)$", kafka.PROPERTIES, re.M))
    theirs = services["kafka"]["environment"]
    unlike_in_a_container = {"num.network.threads", "num.io.threads", "background.threads"}
    of_several_brokers = {"controller.quorum.auto.join.enable", "controlled.shutdown.enable"}
    for name in ours.keys() - unlike_in_a_container - of_several_brokers:
        assert theirs["KAFKA_" + name.replace(".", "_").upper()] == ours[name], name
    for flag in services["postgres"]["command"][2::2]:
        name, _, value = flag.partition("=")
        assert postgres.SETTINGS[name] == value


def test_settings_file_is_private_and_readable(paths: StackPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file of settings is for this user only, and `natija` reads it."""
    values = _compose(paths)
    assert f"desk=http://localhost:{values['NATIJA_DESK_PORT']}" in values["NATIJA_SITES"].split(",")
    assert sections.parse(values["NATIJA_SITES"])
    environment.write(paths, values)
    assert stat.S_IMODE(paths.settings.stat().st_mode) == 0o600
    monkeypatch.setenv("NATIJA_ENV_FILE", str(paths.settings))
    settings = ImportSettings()
    assert settings.kafka == "127.0.0.1:9092"
    assert settings.database_url("intake") == "postgresql+asyncpg://natija_intake@/kg_intake?host=/sockets"
    assert settings.realm_public_key == values["NATIJA_REALM_PUBLIC_KEY"]


def test_keys_and_ports_stay(paths: StackPaths) -> None:
    before = _compose(paths)
    environment.write(paths, before)
    assert _compose(paths) == before


def test_public_key_follows_newest_private_key(paths: StackPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several private keys the last is the newest; a public key that is given wins."""
    old, new = environment.new_key(), environment.new_key()
    monkeypatch.setenv("NATIJA_REALM_KEY", f"{old} {new}")
    public = _compose(paths)["NATIJA_REALM_PUBLIC_KEY"]
    sealed = SealingSession(from_text(public), "kg").new_key("KG-1").wrapped
    assert RealmKey(from_text(new.rstrip("=")), "kg").open(sealed, "KG-1")
    monkeypatch.setenv("NATIJA_REALM_PUBLIC_KEY", "given")
    assert _compose(paths)["NATIJA_REALM_PUBLIC_KEY"] == "given"


def test_malformed_realm_key_is_named(paths: StackPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NATIJA_REALM_KEY", "hunter2")
    with pytest.raises(errors.LocalStackError, match="NATIJA_REALM_KEY: must be 32 bytes"):
        _compose(paths)


def test_each_process_has_own_port(paths: StackPaths) -> None:
    values = _compose(paths)
    variables = (port_variable, management_port_variable)
    ports = {values[name(service)] for service in environment.SERVICES for name in variables}
    assert len(ports) == 2 * len(environment.SERVICES)


def test_answers_are_at_their_port(paths: StackPaths) -> None:
    """So the link to an answer works without a proxy, and only intake is told."""
    values = _compose(paths)
    assert values["NATIJA_ANSWERS_URL"] == f"http://127.0.0.1:{values['NATIJA_ANSWERS_PORT']}"
    told = [one for one in environment.SERVICES if "NATIJA_ANSWERS_URL" in environment.of_process(values, one)]
    assert told == ["intake"]


def test_taken_port_is_left_alone(paths: StackPaths) -> None:
    """A port that another program listens on is not taken from it."""
    environment.write(paths, _compose(paths))
    liked = int(environment.read(paths)["NATIJA_INTAKE_PORT"])
    with socket.socket() as other:
        other.bind(("127.0.0.1", liked))
        other.listen()
        assert _compose(paths)["NATIJA_INTAKE_PORT"] != str(liked)
        assert _compose(paths, "intake")["NATIJA_INTAKE_PORT"] == str(liked)


def test_environment_wins_over_defaults(paths: StackPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NATIJA_CLOCK", "system")
    assert _compose(paths)["NATIJA_CLOCK"] == "system"


def test_roles_get_password_where_needed() -> None:
    """The services' roles have a password on a server that asks for one."""
    template = environment.database_template("postgresql://admin:secret@db.example:5433/postgres")
    assert re.fullmatch(
        r"postgresql\+asyncpg://natija_\{service\}:[0-9a-f]{32}@db\.example:5433/\{realm\}_\{service\}", template
    )
    assert "secret" not in template


def test_stale_pid_file_is_removed(paths: StackPaths) -> None:
    """The pid file of an ended process, or one that cannot be read, is removed."""
    record = processes.Record("one", os.getpid(), "another boot/1", "up", "", 15, "")
    processes.write(paths, record)
    paths.run("two").write_text("{")
    assert processes.find_all(paths) == []
    assert list((paths.state / "run").iterdir()) == []


def test_process_ignoring_signal_is_killed(paths: StackPaths) -> None:
    stubborn = processes.start(paths, "stubborn", ["sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done"],
                               address="", owner="up")  # fmt: skip
    processes.wait(paths, stubborn, lambda: "up" in paths.log("stubborn").read_text(), 10)
    assert processes.stop(paths, [stubborn], patience=0.3) == [stubborn]
    assert not stubborn.alive


def test_early_end_shows_log(paths: StackPaths) -> None:
    """A process that ends while it starts is named, with the end of its log."""
    brief = processes.start(paths, "brief", ["sh", "-c", "echo why it ended; exit 3"], address="", owner="up")
    with pytest.raises(errors.LocalStackError, match="brief ended while it started") as caught:
        processes.wait(paths, brief, lambda: False, 20)
    assert f"its log is {paths.log('brief')}" in str(caught.value)
    assert str(caught.value).endswith("| why it ended")


def test_installed_postgresql_replaces_missing_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    carried = postgres.binaries()
    (tmp_path / "postgres").symlink_to(carried / "postgres")
    monkeypatch.setattr(postgres, "WHEEL", "no_such_wheel")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert postgres.binaries() == carried


def test_old_postgresql_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PostgreSQL that is too old is refused, with the command that installs another."""
    old = tmp_path / "postgres"
    old.write_text("#!/bin/sh\necho postgres '(PostgreSQL)' 11.2\n")
    old.chmod(0o755)
    monkeypatch.setattr(postgres, "WHEEL", "no_such_wheel")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(errors.LocalStackError, match="PostgreSQL 15 or newer is missing: apt-get install"):
        postgres.binaries()
