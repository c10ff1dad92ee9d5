"""Publishers with an outcome topic, in a realm of a test, and what stands on their topics."""

from datetime import UTC, datetime

from tests.reference import write_revision
from tests.stack import Realm

from natija_chassis.realm.provision import provision_topics
from natija_chassis.settings import Settings
from natija_events.kafka import read_batches
from natija_events.reference.entries import PublisherEntry, PublisherKey, PublisherRole
from natija_events.signatures import SigningKey
from natija_events.topics import OUTCOMES, outcome_topic
from natija_events.wire.outcome import DecidedProposal, read_outcome


async def add_reader(
    realm: Realm,
    source: str,
    role: PublisherRole = "channel",
    body: str | None = None,
    *,
    vouched: bool = False,
    key: SigningKey | None = None,
) -> None:
    """Make *source* a publisher with a Kafka user, and its outcome topic, as `natija provision` does.

    It signs with *key*, or it is *vouched* for, or else it is unsigned.
    """
    settings = Settings(realm=realm.name, kafka=realm.servers.kafka)
    await provision_topics(settings, {outcome_topic(realm.name, source): OUTCOMES})
    principal = f"{realm.name}.publisher{source.replace('/', '.')}"
    keys = (
        () if key is None else (PublisherKey(public_key=key.public_text, valid_from=datetime(2020, 1, 1, tzinfo=UTC)),)
    )
    unsigned = not vouched and not keys
    entry = PublisherEntry(
        roles=frozenset({role}), body=body, unsigned=unsigned, vouched=vouched, keys=keys, principal=principal
    )
    await write_revision(realm, "publisher", source, entry)


async def outcomes_on_topic(realm: Realm, source: str) -> list[tuple[int, DecidedProposal]]:
    """Every record on the outcome topic of *source*, in its order, with its position."""
    found = []
    async for batch in read_batches(realm.servers.kafka, outcome_topic(realm.name, source), {0: 0}):
        for record in batch:
            decided, position = read_outcome(record.value, record.headers)
            found.append((position, decided))
    return found


def without_repeats(records: list[tuple[int, DecidedProposal]]) -> list[DecidedProposal]:
    """The outcomes that a reader keeps when it drops every record up to the last position that it has handled."""
    kept, last = [], 0
    for position, decided in records:
        if position > last:
            kept.append(decided)
            last = position
    return kept
