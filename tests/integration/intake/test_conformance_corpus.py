"""The registrar decides the records of the conformance corpus, on the bytes of the file and on a real inbox."""

import json
from typing import Any

from tests import reference
from tests.contract.conformance import FOLDER
from tests.contract.corpus.author import NOW, REFERENCE
from tests.contract.corpus.outcomes import polled, read_record
from tests.contract.sealing_vectors import REALM_KEY
from tests.eventually import eventually
from tests.integration.intake import registering as r
from tests.stack import Realm, Realms

from natija_chassis.clock import FileClock, clock_from
from natija_events.limits import EARLIEST
from natija_events.reference.records import ReferenceRecord, write_record
from natija_events.sealing.data_key import to_text
from natija_events.sealing.wrapping import RealmKey

Place = tuple[int, int]


async def test_corpus_is_decided_on_an_inbox(realms: Realms) -> None:
    """Every record of the file is put on the inbox as it stands there, and gets the outcome that stands beside it."""
    public = to_text(RealmKey(REALM_KEY, "kg").public)
    realm = await realms("kg", NATIJA_REALM_KEY=to_text(REALM_KEY), NATIJA_REALM_PUBLIC_KEY=public)
    clock = clock_from(realm.environment["NATIJA_CLOCK"])
    assert isinstance(clock, FileClock)
    clock.set(NOW, speed=0)
    await reference.empty(realm)
    for kind, id, entry in REFERENCE.entries():
        last = await reference.write_raw(realm, *write_record(ReferenceRecord(kind, id, 1, EARLIEST, entry)))

    async def replaced() -> bool:
        return (await reference.history_of(realm)).version == last == len(list(REFERENCE.entries())) - 1

    await eventually(replaced, message="the topic has other records than those of the corpus")
    await realm.serve("registrar")

    cases = json.loads((FOLDER / "records.json").read_text(encoding="utf-8"))["cases"]
    told = [(case["name"], record) for case in cases for record in case["records"]]
    read = [polled(read_record(record), 0) for _, record in told]
    places = await r.put_records(realm, [(one.partition, one.key, one.value, one.headers) for one in read])
    expected = {place: (name, one["outcome"]) for place, (name, one) in zip(places, told, strict=True)}

    async def decided() -> dict[Place, Any] | None:
        found = await outcomes(realm)
        return found if found.keys() == expected.keys() else None

    found = await eventually(decided)
    assert found is not None
    assert {place: (expected[place][0], outcome) for place, outcome in found.items()} == expected


async def outcomes(realm: Realm) -> dict[Place, Any]:
    """The outcome of each record of the inbox, from the log and the rejected topic."""
    found: dict[Place, Any] = {}
    for event in await r.log_of(realm):
        place = (event.partition, event.stamp.inboxoffset)
        found.setdefault(place, {"registered": []})["registered"].append(event.sequence)
    for one in await r.rejected(realm):
        rejection = {name: value for name, value in one.rejection._asdict().items() if value is not None}
        found |= {(one.partition, offset): rejection for offset in one.inboxoffsets}
    return found
