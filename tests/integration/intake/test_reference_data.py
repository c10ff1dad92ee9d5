"""The registrar holds proposals to reference data as it stands on its topic, and stamps the version it decided on."""

from datetime import UTC, datetime

import httpx
from tests import reference
from tests.eventually import eventually
from tests.integration.intake import registering as r
from tests.stack import Realm

from natija_events.reference.entries import PublisherEntry, RealmEntry


async def test_change_counts_while_it_runs(realm: Realm) -> None:
    """A new publisher is admitted, and refused once it has ended; each event carries the version decided on."""
    await realm.serve("registrar")
    before = (await reference.history_of(realm)).version
    async with r.publisher(realm) as intake, r.publisher(realm, "/clerks/1") as clerk:
        first, _ = await r.open_appeal(intake, realm)

        async def admitted() -> str | None:
            event = clerk.event(r.number(realm), datetime.now(UTC), r.registered())
            return event.subject if (await clerk.propose(event, wait=10)).registered else None

        async def refused() -> bool:
            return await admitted() is None

        assert await refused()
        entry = PublisherEntry(roles=frozenset({"channel"}), unsigned=True)
        version = await reference.write_revision(realm, "publisher", "/clerks/1", entry)
        second = await eventually(admitted)
        await reference.write_revision(realm, "publisher", "/clerks/1", None)
        await eventually(refused)
    assert [event.stamp.referenceversion for event in await r.log_of(realm, first)] == [before]
    assert [event.stamp.referenceversion for event in await r.log_of(realm, second)] == [version]


async def test_registrar_waits_for_reference_data(realm: Realm) -> None:
    """With an empty topic it decides nothing and is not ready; it goes on by itself when the topic is filled."""
    await reference.empty(realm)
    registrar = await realm.serve("registrar", ready=False)

    async def waiting() -> bool:
        async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
            answer = await client.get(realm.management_url("registrar") + "/ready")
        return answer.status_code == 503 and "is empty: run `natija provision`" in answer.text

    await eventually(waiting)
    async with r.publisher(realm) as intake:
        await intake.send(intake.event(r.number(realm), datetime.now(UTC), r.registered()))
        await realm.run("provision")
        await registrar.until_ready()
        assert await eventually(lambda: r.log_of(realm))


async def test_older_reference_topic_is_refused(realm: Realm) -> None:
    """Events were decided on a later version than the topic has: it is not the one that the log was made with."""
    registrar = await realm.serve("registrar")
    async with r.publisher(realm) as intake:
        await r.open_appeal(intake, realm)
    await registrar.stop()
    await reference.empty(realm)
    await reference.write_revision(realm, "realm", "realm", RealmEntry())
    registrar = await realm.serve("registrar", ready=False)
    await eventually(lambda: registrar.process.returncode is not None)
    assert "this is not the reference topic that the log was made with" in registrar.output()


async def test_heads_rebuild_equal_on_other_day(realm: Realm) -> None:
    """Admission asks reference data, the fold of heads asks events only: no publisher, body or topic is left."""
    registrar = await realm.serve("registrar")
    async with r.publisher(realm) as intake:
        for _ in range(5):
            await r.open_appeal(intake, realm)
    history = await reference.history_of(realm)
    for kind, id in list(history.revisions):
        if kind != "realm":
            await reference.write_revision(realm, kind, id, None)
    await realm.run("projection", "rebuild", "intake")
    await registrar.stop()
