"""An official signs in to routing itself, at a provider that others have written; rights come from the topic."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import oidc_provider_mock
import pytest
import yaml
from tests import realm_pool
from tests.eventually import eventually
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
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
        with oidc_provider_mock.run_server_in_thread(require_nonce=True) as server:
            yield f"http://localhost:{server.server_port}"


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


class Browser:
    """A browser that sends back every cookie, as Chromium does on this machine also without TLS."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._cookies: dict[str, str] = {}

    async def get(self, address: str) -> httpx.Response:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        answer = await self._http.get(address, headers={"Cookie": cookies} if cookies else {})
        for header in answer.headers.get_list("set-cookie"):
            name, _, value = header.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer

    async def sign_in(self, service: str, subject: str) -> httpx.Response:
        """Sign in to *service* as *subject*: the answer to the way back."""
        leaving = await self.get(f"{service}/sign-in?return_to=%2Fme")
        assert leaving.status_code == 303, leaving.text
        back = await self._http.post(leaving.headers["location"], data={"sub": subject})
        assert back.status_code == 302, back.text
        return await self.get(back.headers["location"])


async def test_official_signs_in_to_routing(realm: Realm, issuer: str, tmp_path: Path) -> None:
    """The provider confirms who it is, `natija provision` says what they may do, and changes act at once."""
    (tmp_path / "routing.secret").write_text("any")
    (tmp_path / "routing.secret").chmod(0o600)
    service = f"http://localhost:{realm.environment['NATIJA_ROUTING_PORT']}"
    printed = await provision(realm, tmp_path / "files", issuer=issuer, officials=[AIDA, BOLOT])
    assert re.search(r"^wrote official [0-9a-f]{64}, revision 1$", printed, re.MULTILINE)
    routing = await realm.serve(
        "routing", NATIJA_OIDC_ISSUER=issuer, NATIJA_OIDC_CLIENT_SECRET=str(tmp_path / "{process}.secret")
    )
    async with httpx.AsyncClient(trust_env=False) as http:
        browser = Browser(http)
        back = await browser.sign_in(service, "aida-77")
        assert (back.status_code, back.headers["location"]) == (303, "/me")
        me = (await browser.get(f"{service}/me")).json()
        assert (me["body"], me["roles"]) == ("ministry-health", ["official", "registrar"])

        async def roles() -> Any:
            return (await browser.get(f"{service}/me")).json().get("roles")

        await provision(realm, tmp_path / "files", issuer=issuer, officials=[AIDA, BOLOT], delegations={"leave": LEAVE})
        await eventually(lambda: _equals(roles, ["head", "official", "registrar"]))
        await provision(realm, tmp_path / "files", issuer=issuer, officials=[BOLOT])
        await eventually(lambda: _equals(roles, None))
        assert (await browser.get(f"{service}/me")).status_code == 403
    for private in ("aida-77", "bolot-78"):
        assert private not in routing.output()


async def _equals(ask: Any, expected: Any) -> bool:
    return bool(await ask() == expected)
