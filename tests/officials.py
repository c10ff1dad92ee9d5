"""Officials of a realm in tests: a provider at which they sign in, and reference data that give them posts."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import oidc_provider_mock
import pytest
import yaml
from deploy.local.ports import free_port
from tests import realm_pool
from tests.reference import write_revision
from tests.stack import Child, Realm

from natija_chassis.realm.officials_file import OFFICIALS
from natija_chassis.services import port_variable
from natija_chassis.settings import Settings
from natija_chassis.user_ids import user_id
from natija_events.reference.entries import HeldPost, OfficialEntry, OfficialRole, PostEntry


@contextmanager
def provider() -> Iterator[str]:
    """The issuer of an OpenID Connect provider that runs while the block lasts. It lets anybody be anybody."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
        with oidc_provider_mock.run_server_in_thread(require_nonce=True) as server:
            yield f"http://localhost:{server.server_port}"


async def provision(realm: Realm, issuer: str, posts: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Give each of *posts*, with its roles, a holder. The environment of processes to which they sign in."""
    files, secret = realm.folder / "files", realm.folder / "client.secret"
    files.mkdir()
    for file in realm_pool.REALM_FILES.iterdir():
        (files / file.name).symlink_to(file)
    content: dict[str, Any] = {
        "issuer": issuer,
        "posts": {post: {"roles": list(roles)} for post, roles in posts.items()},
        "officials": [{"subject": subject_of(post), "posts": [{"post": post}]} for post in posts],
    }
    (files / OFFICIALS).write_text(yaml.safe_dump(content))
    secret.touch(mode=0o600)
    secret.write_text("any")
    await realm.run("provision", NATIJA_REALM_FILES=str(files))
    return {"NATIJA_OIDC_ISSUER": issuer, "NATIJA_OIDC_CLIENT_SECRET": str(secret)}


async def appoint(realm: Realm, issuer: str, subject: str, post: str, role: OfficialRole) -> None:
    """Give *subject* of *issuer* the *post*, `BODY/POST`, with this role, in a realm that others use, too."""
    await write_revision(realm, "post", post, PostEntry(roles=frozenset([role])))
    id = user_id(Settings(realm=realm.name).user_id_key, issuer, subject)
    await write_revision(realm, "official", id, OfficialEntry(posts=(HeldPost(post=post),)))


async def serve_with_sign_in(realm: Realm, process: str, issuer: str, folder: Path) -> tuple[Child, str]:
    """Start *process* as a client of *issuer*, beside others of its kind. Gives it, and its address for browsers."""
    secret = folder / f"{process}.secret"
    secret.write_text("any")
    secret.chmod(0o600)
    port = free_port()
    variables: dict[str, Any] = {port_variable(process): str(port), "NATIJA_OIDC_ISSUER": issuer}
    child = await realm.serve(process, **variables, NATIJA_OIDC_CLIENT_SECRET=str(folder / "{process}.secret"))
    return child, f"http://localhost:{port}"


def subject_of(post: str) -> str:
    """The name at the provider of whoever holds *post*."""
    return post.replace("/", ".")


class Visitor:
    """Somebody who opens pages of a process, and sends back every cookie, as Chromium does here also without TLS."""

    def __init__(self, http: httpx.AsyncClient, address: str, accept: str = "text/html") -> None:
        self._http = http
        self._accept = accept
        self.address = address
        self._cookies: dict[str, str] = {}

    async def get(self, path: str) -> httpx.Response:
        """The page at *path*, or at an address of the provider."""
        return await self._send("GET", path)

    async def post(self, path: str, **fields: Any) -> httpx.Response:
        """The answer to a form with *fields*."""
        return await self._send("POST", path, data=fields)

    async def post_body(self, path: str, body: bytes, content_type: str) -> httpx.Response:
        """The answer to a *body* that no browser makes."""
        return await self._send("POST", path, content=body, content_type=content_type)

    async def sign_in(self, post: str) -> "Visitor":
        """Sign in as the holder of *post*."""
        await self.open_as(subject_of(post), "/me")
        return self

    async def open_as(self, subject: str, path: str) -> httpx.Response:
        """Sign in as *subject* of the provider: the page at *path*, to which that leads."""
        leaving = await self.get(f"/sign-in?{urlencode({'return_to': path})}")
        assert leaving.status_code == 303, leaving.text
        back = await self._http.post(leaving.headers["location"], data={"sub": subject})
        assert back.status_code == 302, back.text
        came = await self.get(back.headers["location"])
        assert (came.status_code, came.headers["location"]) == (303, path), came.text
        return await self.get(path)

    async def _send(self, method: str, path: str, content_type: str = "", **content: Any) -> httpx.Response:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        headers = {"Accept": self._accept, **({"Cookie": cookies} if cookies else {})}
        if content_type:
            headers["Content-Type"] = content_type
        url = path if path.startswith("http") else f"{self.address}{path}"
        answer = await self._http.request(method, url, headers=headers, **content)
        for header in answer.headers.get_list("set-cookie"):
            name, _, value = header.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer


def hidden_fields(page: str) -> dict[str, str]:
    """The hidden fields of the last form on a *page*: those that its button sends unseen."""
    form = page.rpartition("<form")[2]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form))
