"""Officials of a realm in tests: a provider at which they sign in, and reference data that give them posts."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
import oidc_provider_mock
import pytest
import yaml
from tests import realm_pool
from tests.stack import Realm

from natija_chassis.realm.officials_file import OFFICIALS


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

    async def sign_in(self, post: str) -> "Visitor":
        """Sign in as the holder of *post*."""
        return await self.sign_in_as(subject_of(post))

    async def sign_in_as(self, subject: str) -> "Visitor":
        """Sign in as *subject* of the provider."""
        leaving = await self.get("/sign-in?return_to=%2Fme")
        assert leaving.status_code == 303, leaving.text
        back = await self._http.post(leaving.headers["location"], data={"sub": subject})
        assert back.status_code == 302, back.text
        came = await self.get(back.headers["location"])
        assert (came.status_code, came.headers["location"]) == (303, "/me")
        return self

    async def _send(self, method: str, path: str, **content: Any) -> httpx.Response:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        headers = {"Accept": self._accept, **({"Cookie": cookies} if cookies else {})}
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
