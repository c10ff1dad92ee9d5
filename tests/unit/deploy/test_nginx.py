"""The proxy recipe in deploy/nginx.conf does what it says: nginx runs with it, in front of an app."""

import asyncio
import contextlib
import datetime
import json
import re
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from deploy.local.ports import free_port
from tests.eventually import eventually
from tests.guides import REPOSITORY

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="no nginx here: apt-get install -y nginx-light")
PUBLIC, READERS, OFFICIALS = "appeals.example.org", "reports.example.org", "desk.example.org"
CLERKS, HEADS = "intake.example.org", "deadlines.example.org"
SERVED = (443, 80, 8081, 8082, 8083, 8084, 8086, 8088)
"""The ports of the recipe, each of which becomes a free one."""


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the path and the headers that arrived."""
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    body = json.dumps({"path": scope["path"], **headers}).encode()
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


def certify(folder: Path) -> None:
    """Write a certificate of all names, signed by itself, and its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(one) for one in (PUBLIC, READERS, OFFICIALS, CLERKS, HEADS)]),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)


class Proxy:
    """The recipe, on free ports and in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports: dict[int, int] = {}
        for port in SERVED:
            self.ports[port] = free_port(without=frozenset(self.ports.values()))
        certify(folder)
        text = (REPOSITORY / "deploy" / "nginx.conf").read_text()
        for path in ("/etc/natija/tls", "/var/log/nginx", "/run"):
            text = text.replace(path, str(folder))
        for port, free in self.ports.items():
            text = re.sub(rf"(listen |:){port}\b", rf"\g<1>{free}", text)
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        own = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)  # any user may run the test
        text = text.replace("http {", f"http {{ {own}", 1)
        self.config = folder / "nginx.conf"
        self.config.write_text(text)
        self.context = ssl.create_default_context(cafile=folder / "certificate.pem")

    @property
    def command(self) -> list[str]:
        """How nginx is started."""
        assert NGINX is not None
        return [NGINX, "-p", str(self.folder), "-c", str(self.config), "-g", "daemon off;"]

    def client(self, name: str = PUBLIC) -> httpx.AsyncClient:
        """Speaks to the proxy under *name*."""
        return httpx.AsyncClient(
            verify=self.context,
            trust_env=False,
            headers={"Host": name},
            base_url=f"https://127.0.0.1:{self.ports[443]}",
        )

    async def send(self, method: str, path: str, *, name: str = PUBLIC, **given: Any) -> httpx.Response:
        async with self.client(name) as client:
            return await client.request(method, path, extensions={"sni_hostname": name}, **given)


@pytest.fixture(scope="module")
async def proxy(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Proxy]:
    found = Proxy(tmp_path_factory.mktemp("nginx"))
    servers = [
        uvicorn.Server(uvicorn.Config(echo, port=found.ports[port], log_config=None, lifespan="off"))
        for port in SERVED[2:]
    ]
    process = await asyncio.create_subprocess_exec(*found.command, stderr=subprocess.PIPE)
    async with contextlib.AsyncExitStack() as stack:
        for server in servers:
            server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        tasks = [asyncio.create_task(server._serve()) for server in servers]

        async def stop() -> None:
            for server in servers:
                server.should_exit = True
            await asyncio.gather(*tasks)
            process.terminate()
            await process.wait()

        stack.push_async_callback(stop)

        async def answers() -> bool:
            assert process.returncode is None, (await process.stderr.read()).decode() if process.stderr else ""
            with contextlib.suppress(httpx.TransportError):
                return (await found.send("GET", "/appeals/KG-1")).status_code == 200
            return False

        await eventually(answers)
        yield found


async def test_client_address_reaches_intake(proxy: Proxy) -> None:
    """A claim of the client is replaced, and the name that it asked for is kept."""
    answer = await proxy.send("POST", "/appeals", content=b"{}", headers={"X-Forwarded-For": "198.51.100.7"})
    found = answer.json()
    assert (found["path"], found["x-forwarded-for"], found["host"]) == ("/appeals", "127.0.0.1", PUBLIC)
    assert answer.headers["strict-transport-security"].startswith("max-age=")


async def test_only_routes_pass(proxy: Proxy) -> None:
    """No management page, and no read API under the public name."""
    for name, path, status in (
        (PUBLIC, "/metrics", 404), (PUBLIC, "/ready", 404), (PUBLIC, "/docs", 404), (PUBLIC, "/reports/overdue", 404),
        (PUBLIC, "/unrouted", 404), (READERS, "/metrics", 404), (READERS, "/unrouted", 200),
        (READERS, "/directory", 200), (READERS, "/proposalsx", 404), (PUBLIC, "/events", 404),
        (READERS, "/terms/KG-1", 200), (READERS, "/calculate", 200), (READERS, "/reports/overdue", 200),
        (READERS, "/appeals/KG-1/history", 200), (READERS, "/", 404), (PUBLIC, "/proposals", 404),
        (READERS, "/proposals", 200), (READERS, "/proposals/1", 200), (READERS, "/outcomes", 200),
        (READERS, "/events", 200), (PUBLIC, "/contract/asyncapi.json", 200),
        (PUBLIC, "/statistics", 200), (PUBLIC, "/kk/statistics/topics.csv", 200), (PUBLIC, "/ky/display", 200),
        (PUBLIC, "/static/natija.0.css", 200), (PUBLIC, "/xx/statistics", 404), (READERS, "/ky/statistics", 404),
        (OFFICIALS, "/ky/desk", 200), (OFFICIALS, "/desk", 200), (OFFICIALS, "/ky/desk/appeals/KG-1/sign", 200),
        (OFFICIALS, "/ky/sign-out", 200), (OFFICIALS, "/ky/deskx", 404), (HEADS, "/ky/board/breaches", 200),
        (HEADS, "/sign-in", 200), (HEADS, "/due", 404), (PUBLIC, "/ky/desk", 404),
        (OFFICIALS, "/sign-in", 200), (OFFICIALS, "/sign-in/callback", 200), (OFFICIALS, "/me/body", 200),
        (OFFICIALS, "/sign-out/back-channel", 200), (OFFICIALS, "/metrics", 404), (OFFICIALS, "/unrouted", 404),
        (CLERKS, "/sign-in", 200), (CLERKS, "/ky/clerk", 200), (CLERKS, "/ky/sign-out", 200),
        (CLERKS, "/static/x.css", 200),
        (CLERKS, "/appeals", 404), (CLERKS, "/ky/file", 404), (PUBLIC, "/ky/clerk", 404),
        (PUBLIC, "/ky/answer", 200), (PUBLIC, "/answer", 200), (PUBLIC, "/ky/answers", 404),
        (CLERKS, "/ky/answer", 404),
        (PUBLIC, "/sign-in", 404), (READERS, "/sign-in", 404), (OFFICIALS, "/sign-inx", 404),
    ):  # fmt: skip
        assert (await proxy.send("GET", path, name=name)).status_code == status, (name, path)


async def test_unknown_name_gets_no_answer(proxy: Proxy) -> None:
    proxy.context.check_hostname = False
    try:
        with pytest.raises(httpx.ConnectError):
            await proxy.send("GET", "/appeals/KG-1", name="evil.example")
    finally:
        proxy.context.check_hostname = True
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"http://127.0.0.1:{proxy.ports[80]}/appeals/KG-1")
    assert answer.status_code == 421
    assert "location" not in answer.headers


async def test_large_body_is_413(proxy: Proxy) -> None:
    for name, path, size in (
        (PUBLIC, "/appeals", 262_145), (PUBLIC, "/appeals/status", 1025), (READERS, "/terms/KG-1", 1025),
        (READERS, "/proposals", 1_000_001),
    ):  # fmt: skip
        answer = await proxy.send("POST", path, name=name, content=b"x" * size)
        assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


async def test_flood_is_429(proxy: Proxy) -> None:
    """Appeals beyond the burst of one address get a problem with Retry-After."""
    answers = await asyncio.gather(*(proxy.send("POST", "/appeals", content=b"{}") for _ in range(40)))
    limited = [answer for answer in answers if answer.status_code == 429]
    assert limited
    assert {(one.headers["content-type"], one.headers["retry-after"]) for one in limited} == {
        ("application/problem+json", "30")
    }
    assert limited[0].json()["status"] == 429


async def test_log_holds_no_secrets(proxy: Proxy) -> None:
    """Neither the query nor a header."""
    headers = {"Access-Code": "4K7Q-SECRET", "Authorization": "Bearer natija_SECRET"}
    await proxy.send("GET", "/appeals/KG-LOGGED?code=SECRET", headers=headers)
    await proxy.send("GET", "/sign-in/callback?code=SECRET&state=SECRET", headers=headers, name=OFFICIALS)
    log = proxy.folder / "natija-access.log"
    text = await eventually(
        lambda: next(filter(lambda one: "KG-LOGGED" in one and "callback" in one, [log.read_text()]), "")
    )
    assert "SECRET" not in text
