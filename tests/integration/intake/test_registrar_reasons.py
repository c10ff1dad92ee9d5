"""Each reason for which the registrar rejects, on the real stack: what it says, and that the original is kept."""

from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from tests.integration.intake import registering as r
from tests.stack import Realm

from natija_events import limits
from natija_events.encryption import Sealer
from natija_events.kafka import Publisher, partition_of
from natija_events.types.deadlines import TermSet
from natija_events.types.intake import DuplicateLinked, Registered, Supplemented
from natija_events.types.routing import Answered, DecisionApproved, Routed
from natija_events.wire.envelope import write_proposal
from natija_events.wire.rejection import RejectedProposal, open_inbox_record


@pytest_asyncio.fixture(loop_scope="session")
async def channel(registry: Realm) -> AsyncIterator[Publisher]:
    async with r.publisher(registry) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def desk(registry: Realm) -> AsyncIterator[Publisher]:
    async with r.publisher(registry, r.ROUTING) as one:
        yield one


def said(found: RejectedProposal) -> tuple[str, str]:
    return found.rejection.reason, found.rejection.field


async def test_a_record_that_is_no_proposal_is_unreadable_and_its_original_kept_sealed(registry: Realm) -> None:
    subject = r.number(registry).encode()
    place = await r.put(
        registry, subject, b"\xff not json", [("content-type", b"application/json"), ("ce_id", b"\xff")]
    )
    found = await r.rejected_at(registry, place)
    assert said(found) == ("unreadable", "id")
    sealer = Sealer(urlsafe_b64decode(registry.environment["NATIJA_REALM_KEY"]))
    original = open_inbox_record(sealer, found)
    assert original is not None
    assert (original.key, original.value) == (subject, b"\xff not json")
    assert list(original.headers) == [("content-type", b"application/json"), ("ce_id", b"\xff")]


async def test_a_tombstone_is_unreadable(registry: Realm) -> None:
    found = await r.rejected_at(registry, await r.put(registry, r.number(registry).encode(), None, []))
    assert said(found) == ("unreadable", "data")


async def test_a_proposal_over_the_limit_is_oversize_and_recorded_by_its_digest(registry: Realm) -> None:
    value = b'{"filler":"' + b"x" * limits.PROPOSAL_BYTES + b'"}'
    found = await r.rejected_at(registry, await r.put(registry, r.number(registry).encode(), value, []))
    assert said(found) == ("oversize", "data")
    assert found.original is None
    assert found.bytes == len(value)
    assert len(found.digest) == 64


async def test_a_proposal_on_a_partition_that_is_not_its_keys_is_misplaced(registry: Realm, channel: Publisher) -> None:
    event = channel.event(r.number(registry), datetime.now(UTC), r.registered())
    key, value, headers = write_proposal([event])
    foreign = (partition_of(key) + 1) % 16
    assert said(await r.rejected_at(registry, await r.put(registry, key, value, headers, partition=foreign))) == (
        "misplaced", "partition",
    )  # fmt: skip


async def test_a_key_that_is_not_the_subject_is_misplaced(registry: Realm, channel: Publisher) -> None:
    event = channel.event(r.number(registry), datetime.now(UTC), r.registered())
    _, value, headers = write_proposal([event])
    other = r.number(registry).encode()
    assert said(await r.rejected_at(registry, await r.put(registry, other, value, headers))) == ("misplaced", "key")


@pytest.mark.parametrize(
    ("source", "field"), [("/strangers/nobody", "source"), (r.ROUTING, "type")], ids=["a stranger", "not its type"]
)
async def test_who_may_not_publish_the_type_is_forbidden(registry: Realm, source: str, field: str) -> None:
    async with r.publisher(registry, source) as publisher:
        data = TermSet(due=datetime.now(UTC))
        event = publisher.event(r.number(registry), datetime.now(UTC), data, expectedsequence=0)
        outcome = await publisher.propose(event, wait=10)
    assert outcome.rejection is not None
    assert (outcome.rejection.reason, outcome.rejection.field) == ("forbidden", field)


async def test_only_a_publisher_of_histories_may_say_that_an_appeal_comes_from_a_register(
    registry: Realm, channel: Publisher
) -> None:
    event = channel.event(r.number(registry), datetime.now(UTC), r.registered(register_name="other"))
    outcome = await channel.propose(event, wait=10)
    assert outcome.rejection is not None
    assert (outcome.rejection.reason, outcome.rejection.field) == ("forbidden", "register_name")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"data": b'{"kind":"whim"}'}, "kind"),
        ({"type": "appeal.unheard-of.v1"}, "type"),
        ({"time": datetime.now(UTC) - timedelta(days=3)}, "time"),
        ({"time": datetime.now(UTC) + timedelta(hours=3)}, "time"),
    ],
    ids=["schema", "unknown type", "dated back too far", "in the future"],
)
async def test_what_breaks_the_schema_or_the_limits_of_dating_is_invalid_and_the_field_named(
    registry: Realm, channel: Publisher, change: dict[str, object], field: str
) -> None:
    event = channel.event(r.number(registry), datetime.now(UTC), r.registered())._replace(**change)  # type: ignore[arg-type]
    outcome = await channel.propose(event, wait=10)
    assert outcome.rejection is not None
    assert (outcome.rejection.reason, outcome.rejection.field) == ("invalid", field)


async def test_an_unknown_field_is_invalid(registry: Realm, channel: Publisher) -> None:
    event = channel.event(r.number(registry), datetime.now(UTC), r.registered())
    outcome = await channel.propose(event._replace(data=event.data[:-1] + b',"surname":"Doe"}'), wait=10)
    assert outcome.rejection is not None
    assert outcome.rejection.reason == "invalid"
    assert "Doe" not in str(outcome.rejection)


async def test_a_decision_that_does_not_say_what_it_assumed_is_invalid(
    registry: Realm, channel: Publisher, desk: Publisher
) -> None:
    subject, _ = await r.open_appeal(channel, registry)
    outcome = await desk.propose(desk.event(subject, datetime.now(UTC), Routed(body="b")), wait=10)
    assert outcome.rejection is not None
    assert (outcome.rejection.reason, outcome.rejection.field) == ("invalid", "expectedsequence")


async def test_the_same_event_again_is_a_duplicate_and_says_where_the_first_stands(
    registry: Realm, channel: Publisher
) -> None:
    subject, event = await r.open_appeal(channel, registry)
    outcome = await channel.propose(event, wait=10)
    assert outcome.rejection is not None
    assert (outcome.rejection.reason, outcome.sequence, outcome.registered) == ("duplicate", 1, True)
    assert len(await r.log_of(registry, subject)) == 1


async def test_a_duplicate_in_the_same_batch_is_found_too(registry: Realm, channel: Publisher) -> None:
    event = channel.event(r.number(registry), datetime.now(UTC), r.registered())
    for _ in range(3):
        await channel.send(event)
    key, value, headers = write_proposal([event])
    last = await r.rejected_at(registry, await r.put(registry, key, value, headers))
    assert said(last) == ("duplicate", "id")
    assert len(await r.log_of(registry, event.subject)) == 1


async def test_an_id_that_stands_for_something_else_is_reused(registry: Realm, channel: Publisher) -> None:
    subject, event = await r.open_appeal(channel, registry)
    other = channel.event(subject, datetime.now(UTC), Supplemented(), id=event.id)
    outcome = await channel.propose(other, wait=10)
    assert outcome.rejection is not None
    assert outcome.rejection.reason == "reused"
    assert not outcome.registered


async def test_what_the_life_cycle_does_not_allow_is_unlawful(
    registry: Realm, channel: Publisher, desk: Publisher
) -> None:
    subject, _ = await r.open_appeal(channel, registry)
    now = datetime.now(UTC)
    outcome = await desk.propose(desk.event(subject, now, DecisionApproved(approver="a"), expectedsequence=1), wait=10)
    assert outcome.rejection is not None
    assert outcome.rejection.reason == "unlawful"
    again = channel.event(subject, now, r.registered())
    assert (await channel.propose(again, wait=10)).rejection.reason == "unlawful"  # type: ignore[union-attr]


async def test_an_event_dated_before_its_appeals_opening_makes_the_whole_proposal_unlawful(registry: Realm) -> None:
    opened = datetime(2015, 3, 1, 12, tzinfo=UTC)
    async with r.publisher(registry, r.HISTORY) as history:
        subject = r.number(registry)
        first = history.event(subject, opened, r.registered(received=opened, register_name="test"))
        second = history.event(subject, opened - timedelta(hours=1), Answered(outcome="explained"))
        outcome = await history.propose(first, second, wait=10)
    assert outcome.rejection is not None
    assert (outcome.rejection.reason, outcome.rejection.field) == ("unlawful", "[1]")
    assert await r.log_of(registry, subject) == []


async def test_two_appeals_cannot_merge_into_each_other(registry: Realm, channel: Publisher) -> None:
    one, _ = await r.open_appeal(channel, registry)
    two, _ = await r.open_appeal(channel, registry)
    small, large = sorted((one, two))
    now = datetime.now(UTC)
    wrong = channel.event(small, now, DuplicateLinked(of=large), expectedsequence=1)
    right = channel.event(large, now, DuplicateLinked(of=small), expectedsequence=1)
    assert (await channel.propose(wrong, wait=10)).rejection.reason == "unlawful"  # type: ignore[union-attr]
    assert (await channel.propose(right, wait=10)).registered


async def test_a_decision_on_a_state_that_has_changed_since_is_a_conflict(
    registry: Realm, channel: Publisher, desk: Publisher
) -> None:
    subject, _ = await r.open_appeal(channel, registry)
    now = datetime.now(UTC)
    assert (await desk.propose(desk.event(subject, now, Routed(body="a"), expectedsequence=1), wait=10)).registered
    late = desk.event(subject, now, Routed(body="b"), expectedsequence=1)
    ahead = desk.event(subject, now, Routed(body="b"), expectedsequence=9)
    for event in (late, ahead):
        outcome = await desk.propose(event, wait=10)
        assert outcome.rejection is not None
        assert (outcome.rejection.reason, outcome.rejection.field) == ("conflict", "expectedsequence")


async def test_every_proposal_ends_on_the_log_or_on_rejected_and_never_on_both(
    registry: Realm, channel: Publisher
) -> None:
    event = channel.event(r.number(registry), datetime.now(UTC), r.registered())
    broken = event._replace(id=uuid4(), data=b"{}", type=Registered.type)
    outcomes = [await channel.propose(one, wait=10) for one in (event, broken, event)]
    registered = {(one.id, one.event.type) for one in await r.log_of(registry, event.subject)}
    refused = [one.proposalid for one in await r.rejected(registry) if one.subject == event.subject]
    assert [one.registered for one in outcomes] == [True, False, True]
    assert registered == {(event.id, event.type)}
    assert refused == [broken.id, event.id]
