"""docs/operations.md, the nightly dump and its way back, followed as it stands there."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest
from deploy.local.postgres import binaries
from sqlalchemy import make_url
from tests.integration.intake import registering as r
from tests.integration.intake.test_registrar_once import says
from tests.stack import REPOSITORY, SERVICES, Realm

OPERATIONS = REPOSITORY / "docs" / "operations.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def block(with_command: str) -> str:
    """The one block of shell that has this command."""
    (found,) = [one for one in BLOCK.findall(OPERATIONS.read_text()) if with_command in one]
    return str(found)


async def followed(realm: Realm, script: str, folder: Path) -> None:
    """Run *script* as somebody who runs *realm* would, in *folder*."""
    url = make_url(realm.servers.postgres)
    where = {"PGHOST": url.query.get("host") or url.host, "PGPORT": url.port, "PGUSER": url.username}
    where |= {"PGPASSWORD": url.password, "PATH": f"{Path(sys.executable).parent}:{binaries()}:{os.environ['PATH']}"}
    shell = await asyncio.create_subprocess_exec(
        "bash", "-euc", script.replace("kg_", f"{realm.name}_"), cwd=folder,
        env=os.environ | realm.environment | {name: str(value) for name, value in where.items() if value},
    )  # fmt: skip
    assert await shell.wait() == 0


@pytest.mark.thorough
async def test_dump_and_log_restore_everything(realm: Realm, tmp_path: Path) -> None:
    """Tables that are not on the log are dumped and reloaded, and the log gives the rest."""
    processes = dict(zip(SERVICES, await asyncio.gather(*map(realm.serve, SERVICES)), strict=True))
    await realm.run("registrar", "shards", "2")
    async with r.publisher(realm) as publisher:
        await r.open_appeal(publisher, realm)
        await followed(realm, block("pg_dump"), tmp_path)
        await r.open_appeal(publisher, realm)
    for process in ("intake", "registrar"):
        await processes[process].stop()
    await followed(realm, block("--single-transaction"), tmp_path)
    registrar = await realm.serve("registrar")
    await says(registrar, "deciding on 2 shards")
    async with r.publisher(realm) as publisher:
        await r.open_appeal(publisher, realm)
    assert "every chain and every logsequence is consistent" in (await realm.run("registrar", "verify")).stdout
    assert "rebuilt" in (await realm.run("projection", "rebuild", "intake")).stdout
