"""docs/architecture.md, "Add a service" and "Add a report", followed step by step on real servers."""

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from deploy.local.ports import free_port
from tests.entries import missing
from tests.guides import REPOSITORY, shell, write_files
from tests.signing import key_of
from tests.stack import Realm

from natija_events.ids import new_appeal_number
from natija_events.kafka import Publisher
from natija_events.types.intake import Registered

SOURCE = "/services/intake"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The files that the guide changes in this repository, with the service written as the guide says."""
    folder = tmp_path / "repository"
    (folder / "docs").mkdir(parents=True)
    for name in ("pyproject.toml", ".importlinter", "docs/operations.md"):
        shutil.copy(REPOSITORY / name, folder / name)
    assert len(write_files("Add a service", folder)) == 6
    assert len(write_files("Add a report", folder)) == 2
    return folder


@pytest.fixture
def site(repository: Path, tmp_path: Path) -> Path:
    """The service, installed as the guide says, but alone and into a folder of the test's own."""
    uv, site = Path(sys.executable).with_name("uv"), tmp_path / "site"
    shutil.copytree(repository / "services" / "tally", tmp_path / "tally")
    options = ["--quiet", "--offline", "--no-deps", "--no-build-isolation", "--python", sys.executable]
    command = [str(uv), "pip", "install", *options, "--target", str(site), str(tmp_path / "tally")]
    subprocess.run(command, check=True)
    return site


@pytest.mark.thorough
async def test_guide_adds_service_that_runs(realm: Realm, site: Path) -> None:
    """The service is provisioned, applies the log, is rebuilt equal, and prints its report beside the others."""
    ports = {"NATIJA_TALLY_PORT": str(free_port()), "NATIJA_TALLY_MANAGEMENT_PORT": str(free_port())}
    realm.environment |= {"PYTHONPATH": str(site), **ports}
    assert "tally" in (await realm.run("provision")).stdout
    await realm.serve("registrar")
    async with Publisher(
        realm.servers.kafka, realm.name, SOURCE, realm_key=realm.public_key, key=key_of(SOURCE)
    ) as publisher:
        now = datetime.now(UTC)
        for channel in ("reception", "reception", "electronic"):
            data = Registered(kind="request", form="written", channel=channel, received=now, jurisdiction="KG")
            event = publisher.event(new_appeal_number(realm.name), now, data)
            assert (await publisher.propose(event, wait=10)).registered
    await realm.serve("tally")
    assert (await realm.run("report", "tally", "--format", "json")).json() == {"electronic": 1, "reception": 2}
    assert (await realm.run("report", "tally", "--format", "csv")).stdout.split() == [
        "channel,appeals",
        "electronic,1",
        "reception,2",
    ]
    assert ["Oral", "reception", "2"] in [
        line.split() for line in (await realm.run("report", "tally")).stdout.splitlines()
    ]
    assert "Кайрылуулар каналдар боюнча" in (await realm.run("report", "tally", "--lang", "ky")).stdout
    rebuilt = await realm.run("projection", "rebuild", "tally")
    assert "equal" in rebuilt.stdout + rebuilt.stderr
    assert await channels(realm) == {"reception": 2, "electronic": 1}
    assert "\nTally:\n" not in (shown := (await realm.run("--help")).stdout)  # it adds to a group of analytics
    assert "\n  report " in shown
    reports = (await realm.run("report", "--help")).stdout
    assert all(f"\n  {name} " in reports for name in ("overdue", "channels", "tally"))
    assert "NATIJA_TALLY_PORT" in (await realm.run("settings")).stdout


async def channels(realm: Realm) -> dict[str, int]:
    connection = await asyncpg.connect(realm.database("tally").replace("+asyncpg", ""))
    try:
        return {row["channel"]: row["appeals"] for row in await connection.fetch("select * from live.channels")}
    finally:
        await connection.close()


def test_guide_enters_service_everywhere(repository: Path) -> None:
    assert len(missing(repository, "natija-tally", ["tally"])) == 10
    edits = shell("Add a service")[0]
    subprocess.run(["bash", "-euc", edits], cwd=repository, check=True)
    assert missing(repository, "natija-tally", ["tally"]) == []


def test_forbidden_import_of_added_service_is_refused(repository: Path, site: Path) -> None:
    """The import rules hold for the added service, too: it may import the chassis, and no other service."""
    subprocess.run(["bash", "-euc", shell("Add a service")[0]], cwd=repository, check=True)
    assert lint(repository, site).returncode == 0
    tables = site / "natija_tally" / "tables.py"
    tables.write_text(f"{tables.read_text()}\nimport natija_routing.settings\n")
    refused = lint(repository, site)
    assert refused.returncode == 1
    assert "natija_tally.tables -> natija_routing.settings" in refused.stdout


def lint(repository: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """`lint-imports` by the repository's rules, with the service importable."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    variables = os.environ | {"PYTHONPATH": str(site)}
    return subprocess.run(command, cwd=repository, env=variables, capture_output=True, text=True)
