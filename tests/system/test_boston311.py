"""The main job on real input: a city's register of 48,383 cases goes in, and the city's own verdicts come out.

`make test` brings in every sixth case, `make faults` all of them. The data are not ours to keep in this repository;
without them these tests are skipped.
"""

import asyncio
import csv
import gzip
import io
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from tests.eventually import eventually
from tests.realm_pool import new_name
from tests.stack import REPOSITORY, Realm, Servers, provisioned_realms

from natija_chassis.projections.installed import services

DATA = REPOSITORY.parent / "shared" / "data" / "boston311-2015-sample.csv.gz"
MAPPING = REPOSITORY / "examples" / "boston311.yaml"
SERVICES = tuple(services())
SNAPSHOT = "2016-01-12T22:55:00-05:00"
MIDYEAR = "2015-07-01T00:00:00-04:00"

pytestmark = [
    pytest.mark.skipif(not DATA.exists(), reason="the register is not here: ../shared/data"),
    pytest.mark.timeout(900),
]


@cache
def cases() -> list[dict[str, str]]:
    with gzip.open(DATA, "rt", newline="") as lines:
        return list(csv.DictReader(lines))


def local(text: str) -> datetime:
    return datetime.strptime(text, "%m/%d/%Y %I:%M:%S %p")


def closed_before_opened(case: Mapping[str, str]) -> bool:
    return bool(case["CLOSED_DT"]) and local(case["CLOSED_DT"]) < local(case["OPEN_DT"])


def overdue_by(case: Mapping[str, str], moment: datetime) -> bool:
    """Closed late, or open with its target past, by *moment* in the city's time."""
    if not case["TARGET_DT"]:
        return False
    closed = local(case["CLOSED_DT"]) if case["CLOSED_DT"] and local(case["CLOSED_DT"]) <= moment else None
    return (closed or moment) > local(case["TARGET_DT"])


@dataclass(frozen=True)
class City:
    """A realm with all services, into which *cases* of the register were brought."""

    realm: Realm
    cases: Sequence[Mapping[str, str]]
    summary: Mapping[str, Any]

    @property
    def lawful(self) -> list[Mapping[str, str]]:
        """The cases that were not closed before they were opened."""
        return [case for case in self.cases if not closed_before_opened(case)]

    async def types(self) -> Counter[str]:
        """How many events of each type the history holds."""
        return await types(self.realm)

    async def quiet(self) -> Counter[str]:
        """The types, once every service is current."""

        async def current() -> Counter[str]:
            assert not await lag(self.realm)
            return await self.types()

        return await eventually(current, seconds=300, pause=0.5)


@pytest_asyncio.fixture(
    scope="module",
    loop_scope="session",
    params=[pytest.param(6, id="every sixth case"), pytest.param(1, id="all cases", marks=pytest.mark.thorough)],
)
async def city(
    servers: Servers, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> AsyncIterator[City]:
    folder, some = tmp_path_factory.mktemp("boston"), cases()[:: request.param]
    async with provisioned_realms(servers, folder) as make:
        realm = await make()
        await asyncio.gather(*(realm.serve(process) for process in ("registrar", *SERVICES)))
        yield City(realm, some, await brought(realm, DATA if len(some) == len(cases()) else part(folder, some)))


def part(folder: Path, some: Sequence[Mapping[str, str]]) -> Path:
    """A file with *some* of the cases."""
    with (folder / "part.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(cases()[0]))
        writer.writeheader()
        writer.writerows(some)
    return folder / "part.csv"


async def brought(realm: Realm, file: Path) -> Mapping[str, Any]:
    """The summary of the import of *file*."""
    rejected = realm.folder / "rejected.csv"
    arguments = ["import", str(file), "--mapping", str(MAPPING), "--rejected", str(rejected), "--format", "json"]
    summary: Mapping[str, Any] = (await realm.run(*arguments, seconds=600)).json()
    return summary


async def types(realm: Realm) -> Counter[str]:
    connection = await asyncpg.connect(realm.database("analytics").replace("+asyncpg", ""))
    try:
        rows = await connection.fetch("select type, count(*) as count from live.history group by type")
    finally:
        await connection.close()
    return Counter({row["type"]: row["count"] for row in rows})


async def lag(realm: Realm, *services: str) -> int:
    """Records that *services*, by default all, have not applied yet."""
    told = (await realm.run("projection", "lag", "--format", "json")).json()
    return sum(one["lag"] for one in told if not services or one["service"] in services)


async def test_every_lawful_row_is_registered(city: City) -> None:
    """Every row is registered but those that were closed before they were opened."""
    unlawful = len(city.cases) - len(city.lawful)
    assert (len(city.cases), unlawful) in ((8_064, 12), (48_383, 75))
    assert city.summary["rows"] == len(city.cases)
    assert city.summary["registered"]["rows"] == len(city.lawful)
    assert city.summary["rejected"] == {"unlawful": unlawful}
    kept = (
        await city.realm.run("registrar", "rejections", "--reason", "unlawful", "--last", "100", "--format", "json")
    ).json()
    assert len(kept) == unlawful


async def test_verdicts_equal_the_citys(city: City) -> None:
    """As of the snapshot each judged case has the city's own verdict. While it feeds them, no breach is recorded."""
    found = await city.quiet()
    assert found["appeal.term-set.v1"]
    assert not found["appeal.missed.v1"]
    out = (await city.realm.run("report", "overdue", "--by", "appeal", "--as-of", SNAPSHOT, "--format", "csv")).stdout
    ours = {row["external_id"]: row["overdue"] == "true" for row in csv.DictReader(io.StringIO(out))}
    theirs = {
        case["CASE_ENQUIRY_ID"]: case["OnTime_Status"] == "OVERDUE" for case in city.lawful if case["OnTime_Status"]
    }
    assert len(city.cases) != 48_383 or len(theirs) == 48_238
    assert {number: ours[number] for number in theirs} == theirs


async def test_midyear_counts_past_events_only(city: City) -> None:
    """As of midyear only what had happened by then counts."""
    out = (await city.realm.run("report", "overdue", "--by", "appeal", "--as-of", MIDYEAR, "--format", "csv")).stdout
    rows = list(csv.DictReader(io.StringIO(out)))
    ours = len(rows), sum(bool(row["closed"]) for row in rows), sum(row["overdue"] == "true" for row in rows)
    midyear = datetime.fromisoformat(MIDYEAR).replace(tzinfo=None)
    received = [case for case in city.lawful if local(case["OPEN_DT"]) <= midyear]
    closed = [case for case in received if case["CLOSED_DT"] and local(case["CLOSED_DT"]) <= midyear]
    assert ours == (len(received), len(closed), sum(overdue_by(case, midyear) for case in received))
    assert ours in ((3_879, 2_932, 897), (23_275, 17_692, 5_429))


async def test_history_equals_verified_log(city: City) -> None:
    """The log verifies, and a history is the same from the log and from the projection."""
    assert "is consistent" in (await city.realm.run("registrar", "verify")).stdout
    connection = await asyncpg.connect(city.realm.database("analytics").replace("+asyncpg", ""))
    appeals = await connection.fetch(
        "select appeal from live.history group by appeal order by count(*) desc, appeal limit 3"
    )
    await connection.close()
    for row in appeals:
        arguments = ["history", row["appeal"], "--format", "json"]
        projected, logged = await asyncio.gather(city.realm.run(*arguments), city.realm.run(*arguments, "--from-log"))
        assert json.loads(projected.stdout) == json.loads(logged.stdout)
        assert len(json.loads(projected.stdout)["events"]) >= 4


async def test_live_appeal_beside_history(city: City) -> None:
    """Beside imported history a live appeal is routed, gets its term and misses it; a rebuild adds nothing."""
    await city.quiet()
    number = await posted(city.realm)
    await happened(city.realm, number, "appeal.routed.v1", "appeal.term-set.v1")
    await city.realm.run("clock", "--advance", "60d")
    await happened(city.realm, number, "appeal.missed.v1")
    before = await city.quiet()
    for service in SERVICES:
        assert (
            "equal"
            in (rebuilt := await city.realm.run("projection", "rebuild", service, seconds=300)).stdout + rebuilt.stderr
        )
    assert await city.quiet() == before


async def posted(realm: Realm) -> str:
    appeal = {
        "kind": "complaint",
        "channel": "electronic",
        "language": "ky",
        "region": "chuy",
        "topic": "roads",
        "text": "?",
    }
    async with httpx.AsyncClient(base_url=realm.url("intake"), timeout=30, trust_env=False) as client:
        answer = await client.post("/appeals", json=appeal)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["number"])


async def happened(realm: Realm, number: str, *wanted: str) -> None:
    async def on_log() -> bool:
        out = (await realm.run("history", number, "--from-log", "--format", "json")).json()
        return set(wanted) <= {event["type"] for event in out["events"]}

    await eventually(on_log, seconds=60)


@pytest.mark.thorough
async def test_killed_registrar_changes_no_report(servers: Servers, tmp_path: Path) -> None:
    """An import whose registrar is killed gives the same report, byte for byte."""
    file = part(tmp_path, cases()[:ROWS])
    name = new_name()  # the same for both, since an appeal's number names its realm
    calm = await reported(servers, tmp_path / "calm", name, file, kills=0)
    shaken = await reported(servers, tmp_path / "shaken", name, file, kills=2)
    assert calm == shaken


ROWS = 2500


async def reported(servers: Servers, folder: Path, name: str, file: Path, *, kills: int) -> tuple[Counter[str], str]:
    """The events by type and the report of a realm that was fed *file* while its registrar was killed *kills* times."""
    async with provisioned_realms(servers, folder) as make:
        realm = await make(name)
        await fed(realm, file, kills=kills)
        report = await realm.run("report", "overdue", "--by", "appeal", "--as-of", SNAPSHOT, "--format", "csv")
        return await types(realm), report.stdout


async def registered_share(realm: Realm, share: float) -> bool:
    """True once that *share* of the file's rows is registered."""
    return (await types(realm))["appeal.registered.v1"] >= ROWS * share


async def fed(realm: Realm, file: Path, *, kills: int) -> None:
    """Import *file*, which has ROWS rows, and wait until analytics has taken all in."""
    registrar, _ = await asyncio.gather(realm.serve("registrar", NATIJA_BATCH_RECORDS="100"), realm.serve("analytics"))
    importing = asyncio.create_task(brought(realm, file))
    for share in range(1, kills + 1):
        await eventually(partial(registered_share, realm, share / (kills + 1)), seconds=120)
        assert not importing.done()
        await registrar.kill()
        registrar = await realm.serve("registrar", NATIJA_BATCH_RECORDS="100")
    summary = await importing
    assert summary["rows"] == ROWS
    while await lag(realm, "analytics"):
        pass
