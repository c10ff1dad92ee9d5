"""An official signs in to the desk itself, at a provider that others have written; rights come from the topic."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from tests import officials, realm_pool
from tests.eventually import eventually
from tests.officials import Visitor
from tests.stack import Realm

POSTS = {"ministry-health/desk": {"roles": ["registrar"]}, "ministry-health/head": {"roles": ["head"]}}
AIDA = {"subject": "aida-77", "posts": [{"post": "ministry-health/desk"}]}
BOLOT = {"subject": "bolot-78", "posts": [{"post": "ministry-health/head"}]}
LEAVE = {
    "post": "ministry-health/head", "given_by": "bolot-78", "given_to": "aida-77", "valid_from": "2020-01-01",
    "valid_to": "2099-12-31",
}  # fmt: skip


@pytest.fixture
def issuer() -> Iterator[str]:
    """The address of a provider that runs."""
    with officials.provider() as found:
        yield found


def write_files(folder: Path, officials: Any) -> None:
    """Write the realm's files with *officials* to *folder*."""
    folder.mkdir(exist_ok=True)
    for file in realm_pool.REALM_FILES.iterdir():
        if not (folder / file.name).exists():
            (folder / file.name).symlink_to(file)
    (folder / "officials.yaml").write_text(yaml.safe_dump({"posts": POSTS, **officials}))


async def provision(realm: Realm, folder: Path, **officials: Any) -> str:
    """Provision the realm with *officials*; the text that it prints."""
    write_files(folder, officials)
    return (await realm.run("provision", NATIJA_REALM_FILES=str(folder))).stdout


async def test_official_signs_in_to_desk(realm: Realm, issuer: str, tmp_path: Path) -> None:
    """The provider confirms who it is, `natija provision` says what they may do, and changes act at once."""
    (tmp_path / "desk.secret").write_text("any")
    (tmp_path / "desk.secret").chmod(0o600)
    service = f"http://localhost:{realm.environment['NATIJA_DESK_PORT']}"
    printed = await provision(realm, tmp_path / "files", issuer=issuer, officials=[AIDA, BOLOT])
    assert re.search(r"^wrote official [0-9a-f]{64}, revision 1$", printed, re.MULTILINE)
    desk = await realm.serve(
        "desk", NATIJA_OIDC_ISSUER=issuer, NATIJA_OIDC_CLIENT_SECRET=str(tmp_path / "{process}.secret")
    )
    async with httpx.AsyncClient(trust_env=False) as http:
        browser = Visitor(http, service, "application/json")
        me = (await browser.open_as("aida-77", "/me")).json()
        assert (me["body"], me["roles"]) == ("ministry-health", ["official", "registrar"])

        async def roles() -> Any:
            return (await browser.get("/me")).json().get("roles")

        await provision(realm, tmp_path / "files", issuer=issuer, officials=[AIDA, BOLOT], delegations={"leave": LEAVE})
        await eventually(lambda: _equals(roles, ["head", "official", "registrar"]))
        await provision(realm, tmp_path / "files", issuer=issuer, officials=[BOLOT])
        await eventually(lambda: _equals(roles, None))
        assert (await browser.get("/me")).status_code == 403
    for private in ("aida-77", "bolot-78"):
        assert private not in desk.output()


async def _equals(ask: Any, expected: Any) -> bool:
    return bool(await ask() == expected)
