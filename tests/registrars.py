"""Officials who sign in to a process of a test's realm, at a provider that others have written."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import oidc_provider_mock
import pytest
from deploy.local.ports import free_port
from tests.reference import write_revision
from tests.stack import Child, Realm

from natija_chassis.services import port_variable
from natija_chassis.settings import Settings
from natija_chassis.user_ids import user_id
from natija_events.reference.entries import HeldPost, OfficialEntry, OfficialRole, PostEntry


@contextmanager
def identity_provider() -> Iterator[str]:
    """The address of a provider that runs while the block lasts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
        with oidc_provider_mock.run_server_in_thread(require_nonce=True) as server:
            yield f"http://localhost:{server.server_port}"


async def appoint(realm: Realm, issuer: str, subject: str, post: str, role: OfficialRole) -> None:
    """Give *subject* of *issuer* the *post*, `BODY/POST`, with this role."""
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


class Visitor:
    """A browser at *service* that sends back every cookie, as Chromium does on this machine also without TLS."""

    def __init__(self, http: httpx.AsyncClient, service: str) -> None:
        self._http, self._service = http, service
        self.cookies: dict[str, str] = {}

    async def send(self, method: str, path: str, **form: str) -> httpx.Response:
        """Send a request, with a *form* if it has fields."""
        address = path if "://" in path else self._service + path
        headers = {"Accept": "text/html"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = await self._http.request(method, address, headers=headers, data=form or None)
        for header in answer.headers.get_list("set-cookie"):
            name, _, value = header.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    async def sign_in(self, subject: str, return_to: str) -> httpx.Response:
        """Sign in as *subject*: the page at *return_to*."""
        leaving = await self.send("GET", f"/sign-in?return_to={return_to}")
        assert leaving.status_code == 303, leaving.text
        back = await self._http.post(leaving.headers["location"], data={"sub": subject})
        assert back.status_code == 302, back.text
        done = await self.send("GET", back.headers["location"])
        assert (done.status_code, done.headers["location"]) == (303, return_to), done.text
        return await self.send("GET", return_to)
