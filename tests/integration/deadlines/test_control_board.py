"""Officials open the control board of deadlines itself, on the real stack: they sign in, and look."""

import asyncio
import re
from pathlib import Path

import httpx
from tests.eventually import eventually
from tests.integration.deadlines.conftest import Work
from tests.integration.routing.test_sign_in import issuer, provision
from tests.officials import Visitor
from tests.stack import Realm

from natija_chassis.clock import FileClock

__all__ = ["issuer"]  # a fixture
POSTS = {"prosecutor-general/control": {"roles": ["controller"]}, "ministry-health/head": {"roles": ["head"]}}
OFFICIALS = [
    {"subject": "cholpon-1", "posts": [{"post": "prosecutor-general/control"}]},
    {"subject": "bolot-78", "posts": [{"post": "ministry-health/head"}]},
]


def numbers(page: str) -> list[str]:
    return re.findall(r'board/appeals/([0-9A-Z-]+)"', page)


async def test_controller_reads_why_longest_is_late(realm: Realm, issuer: str, tmp_path: Path) -> None:
    """Of two appeals in breach the longer one comes first. A head sees the own body only."""
    work = Work(realm, FileClock(Path(realm.environment["NATIJA_CLOCK"].removeprefix("file:"))))
    work.move("2026-11-02T10:00+06:00")
    await provision(realm, tmp_path / "files", posts=POSTS, issuer=issuer, officials=OFFICIALS)
    (tmp_path / "deadlines.secret").write_text("any")
    (tmp_path / "deadlines.secret").chmod(0o600)
    secret = str(tmp_path / "{process}.secret")
    await asyncio.gather(
        realm.serve("registrar"),
        realm.serve("routing"),
        realm.serve("deadlines", NATIJA_OIDC_ISSUER=issuer, NATIJA_OIDC_CLIENT_SECRET=secret),
    )
    following = asyncio.create_task(work.follow())
    longest = await work.register(topic="roads", region="bishkek")
    work.move("2026-11-04T10:00+06:00")
    later = await work.register(topic="health")
    await work.past_due(longest, later)
    for appeal in (longest, later):
        await work.until(appeal, "missed")
    board = f"http://localhost:{realm.environment['NATIJA_DEADLINES_PORT']}/ru/board"

    async with httpx.AsyncClient(trust_env=False) as http:
        controller, head, nobody = (Visitor(http, board.removesuffix("/ru/board")) for _ in range(3))
        led = await nobody.get(f"{board}/breaches")
        assert (led.status_code, led.headers["location"]) == (303, "/sign-in?return_to=%2Fru%2Fboard%2Fbreaches")
        for browser, subject in ((controller, "cholpon-1"), (head, "bolot-78")):
            assert (await browser.open_as(subject, "/me")).status_code == 200

        async def both() -> bool:  # the log has a breach first, the service a moment later
            return numbers((await controller.get(f"{board}/breaches")).text) == [longest, later]

        await eventually(both)
        found = await controller.get(f"{board}/appeals?number={longest.lower()}")
        page = (await controller.get(f"{board}/appeals/{longest}")).text
        assert found.headers["location"] == f"/ru/board/appeals/{longest}"
        why = (await realm.run("deadlines", "why", longest, "--lang", "ru")).stdout
        told = [line.partition(". ")[2] for line in why.splitlines()]
        assert re.findall(r"<li>([^<]+)</li>", page)[: len(told)] == told
        assert "записан как пропущенный" in told[-1]

        assert numbers((await head.get(f"{board}/breaches")).text) == [later]
        assert (await head.get(f"{board}/appeals/{longest}")).status_code == 404
        assert (await head.get(f"{board}/breaches?body=mayor-bishkek")).status_code == 422
    following.cancel()
