"""Pages of all services on the realm that `make million` built: how long the slowest of twenty takes."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

import httpx
from tests import officials
from tests.bench import million
from tests.bench.desk_pages import WANTED_MS, p95, timed
from tests.bench.measurement import Figure
from tests.bench.setup import BenchSetup
from tests.officials import Visitor
from tests.stack import Realm

_BODY = "ministry-health"
_POSTS = {f"{_BODY}/registrar": ["registrar"], "prosecutor-general/controller": ["controller"]}
_PUBLIC: Mapping[str, Mapping[str, str]] = {
    "analytics": {
        "statistics": "/ky/statistics",
        "statistics of a region": "/ky/statistics?year=2026&region=chuy",
        "comparison": "/ky/statistics/compare?region=chuy&with=talas&year=2026",
    },
    "intake": {"guide": "/ky/file", "form": "/ky/file/form", "follow": "/ky/follow"},
}
_OF_DESK = {
    "queue": "/ky/desk", "finished": "/ky/desk?queue=closed", "in breach": "/ky/desk?queue=breach",
}  # fmt: skip
_OF_BOARD = {
    "board": "/ky/board", "breaches": "/ky/board/breaches", "due this week": "/ky/board/due?within=week",
}  # fmt: skip


async def bench(setup: BenchSetup) -> Figure:
    """The 95th percentile of all pages; the note has that of each. Raises FileNotFoundError without a built realm."""
    with setup.progress_bar("pages", 2) as step, officials.provider() as issuer:
        async with million.opened() as realm, httpx.AsyncClient(trust_env=False, timeout=120) as http:
            variables = await officials.provision(realm, issuer, _POSTS)
            await realm.serve("registrar")
            await asyncio.gather(
                realm.serve("intake"), realm.serve("analytics"), realm.serve("desk", **variables),
                realm.serve("deadlines", **variables),
            )  # fmt: skip
            step()
            shown = await _shown(realm, http)
            step()
    each = ", ".join(f"{name} {p95(times):.0f}" for name, times in shown.items())
    slowest = max(p95(times) for times in shown.values())
    note = f"at {million.built()}; p95 of each page in ms: {each}"
    return Figure("pages", slowest, WANTED_MS, "ms p95", bound=1.0, better="less", note=note)


async def _shown(realm: Realm, http: httpx.AsyncClient) -> Mapping[str, Sequence[float]]:
    found: dict[str, Sequence[float]] = {}
    for service, pages in _PUBLIC.items():
        who = Visitor(http, realm.url(service))
        for name, path in pages.items():
            found[name] = await timed(partial(_open, who, path))
    of_desk = await Visitor(http, _address(realm, "desk")).sign_in(f"{_BODY}/registrar")
    of_board = await Visitor(http, _address(realm, "deadlines")).sign_in("prosecutor-general/controller")
    for who, pages in ((of_desk, _OF_DESK), (of_board, _OF_BOARD)):
        for name, path in pages.items():
            found[name] = await timed(partial(_open, who, path))
    number = (await of_desk.get("/ky/desk?queue=closed")).text.partition("/desk/appeals/")[2].partition('"')[0]
    found["appeal"] = await timed(partial(_open, of_desk, f"/ky/desk/appeals/{number}"))
    found["terms of an appeal"] = await timed(partial(_open, of_board, f"/ky/board/appeals/{number}"))
    return found


def _address(realm: Realm, service: str) -> str:
    return realm.url(service).replace("127.0.0.1", "localhost")


async def _open(who: Visitor, path: str) -> None:
    async with asyncio.timeout(120):
        while (answer := await who.get(path)).status_code == 503:  # a first reader is asked to come back
            await asyncio.sleep(1)
    assert answer.status_code == 200, answer.text
