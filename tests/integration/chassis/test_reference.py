"""Reference data on the real Kafka: provision writes it, a process reads it to the end and follows it."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from tests import realm_pool, reference
from tests.eventually import eventually
from tests.integration.events.proxy import proxy_to
from tests.stack import Realm

from natija_chassis.realm.realm_files import load_reference_data
from natija_chassis.realm.reference_loader import load_current
from natija_chassis.realm.reference_reader import ReferenceDataMissing, ReferenceReader
from natija_chassis.settings import Settings
from natija_events.reference.entries import TopicEntry

ROADS = TopicEntry(names={"en": "Streets"})


def settings_of(realm: Realm, kafka: str = "") -> Settings:
    return Settings(realm=realm.name, kafka=kafka or realm.servers.kafka)


@asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[ReferenceReader]:
    """A reader that runs during the block."""
    reader, stopping = ReferenceReader(settings), asyncio.Event()
    running = asyncio.create_task(reader.run(stopping))
    try:
        yield reader
    finally:
        stopping.set()
        await running


def files_of(realm: Realm, *changes: tuple[str, str]) -> Path:
    """The realm's files in a folder of the test, changed."""
    folder = realm.folder / "files"
    shutil.copytree(realm_pool.REALM_FILES, folder, dirs_exist_ok=True)
    for name in ("directory.yaml", "publishers.yaml"):
        text = (folder / name).read_text()
        for old, new in changes:
            text = text.replace(old, new)
        (folder / name).write_text(text)
    return folder


async def test_provision_writes_only_changes(realm: Realm) -> None:
    """One line and one revision for each; run again, none."""
    before = await reference.history_of(realm)
    without = ("  /oversight/*:\n    roles:\n    - oversight\n    unsigned: true\n", "")
    files = str(files_of(realm, ("en: Roads}", "en: Streets}"), without))
    done = await realm.run("provision", NATIJA_REALM_FILES=files)
    assert done.stdout.splitlines() == ["wrote topic roads, revision 2", "ended publisher /oversight/*, revision 2"]
    after = await reference.history_of(realm)
    assert after.version == before.version + 2
    assert (await realm.run("provision", NATIJA_REALM_FILES=files)).stdout == ""
    assert (await load_current(settings_of(realm))).name("topics", "roads") == "Streets"


async def test_provision_locks_no_service_out(realm: Realm) -> None:
    """And then it writes nothing at all."""
    before = await reference.history_of(realm)
    files = str(files_of(realm, ("/services/routing", "/services/nobody"), ("en: Roads}", "en: Streets}")))
    refused = await realm.run("provision", NATIJA_REALM_FILES=files, expect=1)
    assert "/services/routing would lose the role router" in refused.stderr
    assert await reference.history_of(realm) == before


async def test_reader_begins_at_end_and_follows(realm: Realm) -> None:
    async with reading(settings_of(realm)) as reader:
        assert await reader.reach_end(20)
        assert reader.problem is None
        assert list(reader.now().bodies) == list(load_reference_data(realm_pool.REALM_FILES).bodies)
        before = reader.history
        offset = await reference.write_revision(realm, "topic", "roads", ROADS)
        assert await reader.reach_end(20)
        assert reader.history.version == offset
        assert reader.now().topics["roads"] == ROADS
        assert before.version < offset


async def test_unreadable_record_is_skipped(realm: Realm) -> None:
    """It is counted, and changes neither the value nor the version."""

    def skipped() -> float:
        return REGISTRY.get_sample_value("natija_reference_records_skipped_total", {"process": "natija"}) or 0

    async with reading(settings_of(realm)) as reader:
        assert await reader.reach_end(20)
        before, counted = reader.history, skipped()
        await reference.write_raw(realm, b"topic/roads", b"no JSON")
        await reference.write_raw(realm, b"topic/roads", None)
        assert await reader.reach_end(20)
        assert reader.history == before
        assert skipped() == counted + 2
        offset = await reference.write_revision(realm, "topic", "roads", ROADS)
        assert await reader.reach_end(20)
        assert reader.history.version == offset == before.version + 3


async def test_reader_outlives_unreachable_kafka(realm: Realm, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the end is out of reach, the last value serves and the reader says so; afterwards it goes on."""
    async with proxy_to(realm.servers.kafka, monkeypatch) as proxy, reading(settings_of(realm)) as reader:
        assert await reader.reach_end(20)
        proxy.cut()
        assert not await reader.reach_end(0.2)
        await eventually(lambda: reader.problem)
        assert "may be old" in str(reader.problem)
        assert reader.now().topics["roads"].names["en"] == "Roads"
        proxy.restore()
        offset = await reference.write_revision(realm, "topic", "roads", ROADS)
        await eventually(lambda: reader.history.version == offset)
        await eventually(lambda: reader.problem is None)


async def test_other_topic_is_read_from_beginning(realm: Realm) -> None:
    """The topic was deleted and created again, as after a wrong restore: nothing of the old one stays."""
    async with reading(settings_of(realm)) as reader:
        assert await reader.reach_end(20)
        await reference.empty(realm)
        await eventually(lambda: not reader.is_known)
        with pytest.raises(ReferenceDataMissing):
            reader.now()
        await realm.run("provision")
        await eventually(lambda: reader.is_known)
        assert reader.now().topics["roads"].names["en"] == "Roads"


async def test_command_reads_files_when_offline(realm: Realm) -> None:
    """Of the folder that it names, or of the setting while Kafka does not answer."""
    files = files_of(realm, ("en: Ministry of Transport and Roads}", "en: Roads office}"))
    explain = ("routing", "explain", "roads")
    assert "Ministry of Transport" in (await realm.run(*explain)).stdout
    assert "Roads office" in (await realm.run(*explain, "--realm-files", str(files))).stdout
    done = await realm.run(*explain, NATIJA_KAFKA="127.0.0.1:1", NATIJA_REALM_FILES=str(files))
    assert "Roads office" in done.stdout
    assert "Kafka does not answer, so names are those of NATIJA_REALM_FILES" in done.stderr
