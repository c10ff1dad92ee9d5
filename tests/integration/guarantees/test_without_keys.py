"""No projection needs a key: neither to apply the log, nor to be rebuilt from it."""

from tests.integration.guarantees.test_isolation import on_log, posted
from tests.stack import Realm

from natija_chassis.projections.installed import services

KEYS = (
    "NATIJA_REALM_KEY", "NATIJA_REALM_PUBLIC_KEY", "NATIJA_KEY_ENCRYPTION_KEY", "NATIJA_NUMBER_SECRET",
    "NATIJA_ACCESS_CODE_SECRET", "NATIJA_REGISTRATION_SECRETS", "NATIJA_KEYS",
)  # fmt: skip


async def test_projections_rebuild_without_keys(realm: Realm) -> None:
    """With sealed values on the log. The rebuild proves that the new tables are equal."""
    running = [await realm.serve(process) for process in ("registrar", *services())]
    number = (await posted(realm, 201))["number"]
    await on_log(realm, number, "appeal.routed.v1", "appeal.term-set.v1")
    for child in running:
        await child.stop()
    keyless = {name: value for name, value in realm.environment.items() if name not in KEYS}
    realm.environment = keyless
    for service in services():
        await realm.run("projection", "rebuild", service)
    assert "is not set" in (await realm.run("appeal", "show", number, expect=1)).stderr
