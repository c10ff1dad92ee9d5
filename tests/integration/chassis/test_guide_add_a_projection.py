"""docs/architecture.md, "Add a projection", followed step by step: what stands there is what runs here."""

import re
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from tests.stack import REPOSITORY, Realm

from natija_events.ids import new_appeal_number
from natija_events.kafka import Publisher
from natija_events.types.intake import Registered

GUIDE = REPOSITORY / "docs" / "architecture.md"
BLOCK = re.compile(r"^   ```(?:toml|python)\n(.*?)^   ```$", re.MULTILINE | re.DOTALL)


def written(folder: Path) -> list[str]:
    """Write each block of the guide to the file its first line names; the files' names."""
    names = []
    for block in BLOCK.findall(GUIDE.read_text()):
        first, _, body = textwrap.dedent(block).partition("\n")
        name = first.removeprefix("# ")
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(body)
        names.append(name)
    return names


def installed(distribution: Path, site: Path) -> None:
    """Install as the guide says, but into a folder of the test's own."""
    uv = Path(sys.executable).with_name("uv")
    options = ["--quiet", "--offline", "--no-deps", "--no-build-isolation", "--python", sys.executable]
    subprocess.run([str(uv), "pip", "install", *options, "--target", str(site), str(distribution)], check=True)


async def test_the_guide_makes_a_projection_that_runs_and_is_rebuilt_equal(realm: Realm, tmp_path: Path) -> None:
    assert len(written(tmp_path)) == 4
    site = tmp_path / "site"
    installed(tmp_path / "services" / "tally", site)
    realm.environment |= {"PYTHONPATH": str(site), "NATIJA_TALLY_PORT": realm.environment["NATIJA_ANALYTICS_PORT"]}
    assert "tally" in (await realm.run("provision")).stdout
    await realm.serve("registrar")
    async with Publisher(realm.servers.kafka, realm.name, "/services/intake") as publisher:
        now = datetime.now(UTC)
        for channel in ("post", "post", "booth"):
            data = Registered(kind="request", form="written", channel=channel, received=now, jurisdiction="KG")
            event = publisher.event(new_appeal_number(realm.name), now, data)
            assert (await publisher.propose(event, wait=10)).registered
    await realm.serve("tally", NATIJA_TALLY_PORT=realm.environment["NATIJA_TALLY_PORT"])
    assert await channels(realm) == {"post": 2, "booth": 1}
    rebuilt = await realm.run("projection", "rebuild", "tally")
    assert "equal" in rebuilt.stdout + rebuilt.stderr
    assert await channels(realm) == {"post": 2, "booth": 1}


async def channels(realm: Realm) -> dict[str, int]:
    connection = await asyncpg.connect(realm.database("tally").replace("+asyncpg", ""))
    try:
        return {row["channel"]: row["appeals"] for row in await connection.fetch("select * from live.channels")}
    finally:
        await connection.close()
