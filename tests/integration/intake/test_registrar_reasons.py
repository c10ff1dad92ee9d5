"""Each reason for which the registrar rejects, on the real stack: what it says, and that the original is kept."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from tests.integration.intake import registering as r
from tests.stack import Realm

from natija_events import limits
from natija_events.kafka import Publisher, partition_of
from natija_events.types.deadlines import TermSet
from natija_events.types.intake import DuplicateLinked, Registered, Supplemented
from natija_events.types.personal import AppealText
from natija_events.types.routing import Answered, DecisionApproved, Forwarded, NoteAdded, Routed
from natija_events.wire.proposal import write_proposal
from natija_events.wire.rejection import RejectedProposal, open_inbox_record

THEN = datetime.now(UTC)
ID = UUID("0e0c6a51-6a0e-4f0e-8a51-0a1b2c3d4e5f")


@pytest_asyncio.fixture(loop_scope="session")
async def channel(registry: Realm) -> AsyncIterator[Publisher]:
    async with r.publisher(registry) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def desk(registry: Realm) -> AsyncIterator[Publisher]:
    async with r.publisher(registry, r.DESK) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def router(registry: Realm) -> AsyncIterator[Publisher]:
    async with r.publisher(registry, r.ROUTER) as one:
        yield one


def said(found: RejectedProposal) -> tuple[str, str]:
    return found.rejection.reason, found.rejection.field


async def test_malformed_record_is_unreadable(registry: Realm) -> None:
    """A record that is not a proposal is unreadable; its original is kept, sealed."""
    subject = r.number(registry).encode()
    place = await r.put(
        registry, subject, b"\xff not json", [("content-type", b"application/json"), ("ce_id", b"\xff")]
    )
    found = await r.rejected_at(registry, place)
    assert said(found) == ("unreadable", "id")
    original = open_inbox_record(registry.kek.originals_key, found)
    assert original is not None
    assert (original.key, original.value) == (subject, b"\xff not json")
    assert list(original.headers) == [("content-type", b"application/json"), ("ce_id", b"\xff")]


async def test_tombstone_is_unreadable(registry: Realm) -> None:
    """A record without a value is unreadable."""
    found = await r.rejected_at(registry, await r.put(registry, r.number(registry).encode(), None, []))
    assert said(found) == ("unreadable", "data")


async def test_large_proposal_is_oversize(registry: Realm) -> None:
    """A proposal above the limit is oversize; only its digest is kept."""
    value = b'{"filler":"' + b"x" * limits.PROPOSAL_BYTES + b'"}'
    found = await r.rejected_at(registry, await r.put(registry, r.number(registry).encode(), value, []))
    assert said(found) == ("oversize", "data")
    assert found.original is None
    assert found.bytes == len(value)
    assert len(found.digest) == 64


async def test_wrong_partition_is_misplaced(registry: Realm, channel: Publisher) -> None:
    """A proposal on another partition than its key's is misplaced."""
    event = channel.event(r.number(registry), datetime.now(UTC), r.registered())
    key, value, headers = write_proposal([event])
    foreign = (partition_of(key) + 1) % 16
    assert said(await r.rejected_at(registry, await r.put(registry, key, value, headers, partition=foreign))) == (
        "misplaced", "partition",
    )  # fmt: skip


async def test_wrong_key_is_misplaced(registry: Realm, channel: Publisher) -> None:
    """A proposal whose key is not its subject is misplaced."""
    event = channel.event(r.number(registry), datetime.now(UTC), r.registered())
    _, value, headers = write_proposal([event])
    other = r.number(registry).encode()
    assert said(await r.rejected_at(registry, await r.put(registry, other, value, headers))) == ("misplaced", "key")


@pytest.mark.parametrize(
    ("source", "field"), [("/outsiders/nobody", "source"), (r.DESK, "type")], ids=["an outsider", "not its type"]
)
async def test_unauthorized_publisher_is_forbidden(registry: Realm, source: str, field: str) -> None:
    """An unknown source, or one that may not publish the type, is forbidden."""
    async with r.publisher(registry, source) as publisher:
        data = TermSet(due=datetime.now(UTC))
        event = publisher.event(r.number(registry), datetime.now(UTC), data, expectedsequence=0)
        outcome = await publisher.propose(event, wait=10)
    assert outcome.rejection is not None
    assert (outcome.rejection.reason, outcome.rejection.field) == ("forbidden", field)


async def test_register_name_needs_history_role(registry: Realm, channel: Publisher) -> None:
    """Only a publisher of histories may name the register that an appeal comes from."""
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
async def test_invalid_proposal_names_its_field(
    registry: Realm, channel: Publisher, change: dict[str, object], field: str
) -> None:
    """A proposal that breaks the schema or the limits of dating is invalid; the rejection names the field."""
    event = channel.event(r.number(registry), datetime.now(UTC), r.registered())._replace(**change)  # type: ignore[arg-type]
    outcome = await channel.propose(event, wait=10)
    assert outcome.rejection is not None
    assert (outcome.rejection.reason, outcome.rejection.field) == ("invalid", field)


async def test_unknown_field_is_invalid(registry: Realm, channel: Publisher) -> None:
    """A field that the schema does not know is invalid; its value is not repeated."""
    event = channel.event(r.number(registry), datetime.now(UTC), r.registered())
    outcome = await channel.propose(event._replace(data=event.data[:-1] + b',"surname":"Doe"}'), wait=10)
    assert outcome.rejection is not None
    assert outcome.rejection.reason == "invalid"
    assert "Doe" not in str(outcome.rejection)


async def test_missing_expectedsequence_is_invalid(registry: Realm, channel: Publisher, desk: Publisher) -> None:
    """A decision without the sequence that it assumes is invalid."""
    subject, _ = await r.open_appeal(channel, registry)
    outcome = await desk.propose(desk.event(subject, datetime.now(UTC), Routed(body="ministry-labour")), wait=10)
    assert outcome.rejection is not None
    assert (outcome.rejection.reason, outcome.rejection.field) == ("invalid", "expectedsequence")


async def test_repeated_event_is_duplicate(registry: Realm, channel: Publisher) -> None:
    """The same event again is a duplicate; the rejection has the sequence of the first."""
    subject, event = await r.open_appeal(channel, registry)
    outcome = await channel.propose(event, wait=10)
    assert outcome.rejection is not None
    assert (outcome.rejection.reason, outcome.sequence, outcome.registered) == ("duplicate", 1, True)
    assert len(await r.log_of(registry, subject)) == 1


async def test_duplicate_in_batch_is_found(registry: Realm, channel: Publisher) -> None:
    """A duplicate of an event of the same batch is found, too."""
    event = channel.event(r.number(registry), datetime.now(UTC), r.registered())
    for _ in range(3):
        await channel.send(event)
    key, value, headers = write_proposal([event])
    last = await r.rejected_at(registry, await r.put(registry, key, value, headers))
    assert said(last) == ("duplicate", "id")
    assert len(await r.log_of(registry, event.subject)) == 1


async def test_id_with_other_content_is_reused(registry: Realm, channel: Publisher) -> None:
    """The id of a registered event with other content is reused."""
    subject, event = await r.open_appeal(channel, registry)
    other = channel.event(subject, datetime.now(UTC), Supplemented(), id=event.id)
    outcome = await channel.propose(other, wait=10)
    assert outcome.rejection is not None
    assert outcome.rejection.reason == "reused"
    assert not outcome.registered


async def test_foreign_id_is_another_event(registry: Realm, channel: Publisher, router: Publisher) -> None:
    """An id belongs to its source: no publisher can use up the ids of another one."""
    subject, _ = await r.open_appeal(channel, registry)
    note = channel.event(subject, datetime.now(UTC), Supplemented())
    routed = router.event(subject, datetime.now(UTC), Routed(body="ministry-transport"), id=note.id, expectedsequence=2)
    assert (await channel.propose(note, wait=10)).registered
    outcome = await router.propose(routed, wait=10)
    assert (outcome.rejection, outcome.sequence) == (None, 3)


async def test_retry_may_render_json_again(registry: Realm, channel: Publisher) -> None:
    """Other blanks and another order of keys are the same event."""
    _, event = await r.open_appeal(channel, registry)
    reversed_keys = dict(reversed(json.loads(event.data).items()))
    outcome = await channel.propose(event._replace(data=json.dumps(reversed_keys, indent=1).encode()), wait=10)
    assert outcome.rejection is not None
    assert (outcome.rejection.reason, outcome.rejection.field, outcome.sequence) == ("duplicate", "id", 1)


async def test_retry_may_seal_again(registry: Realm, channel: Publisher) -> None:
    """A second import of a file seals under new keys. The rejection says that sealed values were not compared."""
    subject = r.number(registry)
    first, again, longer = (
        channel.event(subject, THEN, r.registered(received=THEN, content=AppealText(text=text)), id=ID)
        for text in ("road", "road", "road" * 100)
    )
    assert (await channel.propose(first, wait=10)).registered
    outcome = await channel.propose(again, wait=10)
    assert outcome.rejection is not None
    assert (outcome.rejection.reason, outcome.rejection.field, outcome.sequence) == ("duplicate", "sealed", 1)
    other = await channel.propose(longer, wait=10)
    assert other.rejection is not None
    assert other.rejection.reason == "reused"


async def test_known_event_in_a_batch_is_reused(registry: Realm, channel: Publisher) -> None:
    """The rejection names the first event of the proposal that is registered already."""
    subject, now = r.number(registry), datetime.now(UTC)
    key = channel.new_proposal_key(subject)
    opening, supplement = (
        channel.event(subject, now, data, proposal_key=key) for data in (r.registered(), Supplemented())
    )
    assert (await channel.propose(opening, wait=10)).registered
    outcome = await channel.propose(supplement, opening, wait=10)
    assert outcome.rejection is not None
    assert (outcome.rejection.reason, outcome.rejection.field) == ("reused", "[1].id")
    assert len(await r.log_of(registry, subject)) == 1


async def test_duplicate_is_told_before_forbidden(registry: Realm, channel: Publisher) -> None:
    """A proposal that stands on the log is not judged again by the rules of another day."""
    subject = r.number(registry)
    async with r.publisher(registry, r.HISTORY) as history:
        old = datetime(2015, 3, 1, 12, tzinfo=UTC)
        event = history.event(subject, old, r.registered(received=old, register_name="test"))
        assert (await history.propose(event, wait=10)).registered
        outcome = await history.propose(event, wait=10)
    assert outcome.rejection is not None
    assert outcome.rejection.reason == "duplicate"


async def test_flood_becomes_one_record(registry: Realm, channel: Publisher) -> None:
    """A run of records without a proposal is recorded once; every one of them is accounted for."""
    subject = r.number(registry)
    places = await r.put_all(registry, subject.encode(), [(b"\xff", [])] * 200)
    found = [await r.rejected_at(registry, place) for place in (places[0], places[-1])]
    ours = [one for one in await r.rejected(registry) if one.partition == places[0][0]]
    offsets = [offset for one in ours for offset in one.inboxoffsets if (one.partition, offset) in places]
    assert sorted(offsets) == sorted(offset for _, offset in places)
    assert max(one.records for one in found) >= 20
    assert (await channel.propose(channel.event(subject, datetime.now(UTC), r.registered()), wait=10)).registered


async def test_forbidden_transition_is_unlawful(registry: Realm, channel: Publisher, desk: Publisher) -> None:
    """An event that the life cycle does not allow in the appeal's state is unlawful."""
    subject, _ = await r.open_appeal(channel, registry)
    now = datetime.now(UTC)
    outcome = await desk.propose(desk.event(subject, now, DecisionApproved(approver="a"), expectedsequence=1), wait=10)
    assert outcome.rejection is not None
    assert outcome.rejection.reason == "unlawful"
    again = channel.event(subject, now, r.registered())
    assert (await channel.propose(again, wait=10)).rejection.reason == "unlawful"  # type: ignore[union-attr]


async def test_event_before_opening_is_unlawful(registry: Realm) -> None:
    """An event dated before its appeal's opening makes the whole proposal unlawful."""
    opened = datetime(2015, 3, 1, 12, tzinfo=UTC)
    async with r.publisher(registry, r.HISTORY) as history:
        subject = r.number(registry)
        key = history.new_proposal_key(subject)
        first = history.event(subject, opened, r.registered(received=opened, register_name="test"), proposal_key=key)
        second = history.event(subject, opened - timedelta(hours=1), Answered(outcome="explained"), proposal_key=key)
        outcome = await history.propose(first, second, wait=10)
    assert outcome.rejection is not None
    assert (outcome.rejection.reason, outcome.rejection.field) == ("unlawful", "[1].type")
    assert await r.log_of(registry, subject) == []


async def test_appeals_cannot_merge_into_each_other(registry: Realm, channel: Publisher, router: Publisher) -> None:
    """Of two appeals only one may be linked as a duplicate of the other."""
    one, _ = await r.open_appeal(channel, registry)
    two, _ = await r.open_appeal(channel, registry)
    small, large = sorted((one, two))
    now = datetime.now(UTC)
    wrong = router.event(small, now, DuplicateLinked(of=large), expectedsequence=1)
    right = router.event(large, now, DuplicateLinked(of=small), expectedsequence=1)
    assert (await router.propose(wrong, wait=10)).rejection.reason == "unlawful"  # type: ignore[union-attr]
    assert (await router.propose(right, wait=10)).registered


async def test_unknown_duplicate_is_conflict(registry: Realm, channel: Publisher, router: Publisher) -> None:
    """The appeal that an event names may be on its way: once it is registered, the same proposal is admitted."""
    unknown, subject = sorted((r.number(registry), r.number(registry)))
    now = datetime.now(UTC)
    assert (await channel.propose(channel.event(subject, now, r.registered()), wait=10)).registered
    link = router.event(subject, now, DuplicateLinked(of=unknown), expectedsequence=1)
    outcome = await router.propose(link, wait=10)
    assert outcome.rejection is not None
    assert (outcome.rejection.reason, outcome.rejection.field) == ("conflict", "of")
    assert (await channel.propose(channel.event(unknown, now, r.registered()), wait=10)).registered
    assert (await router.propose(link, wait=10)).registered


async def test_only_the_holder_answers(registry: Realm, channel: Publisher, router: Publisher, desk: Publisher) -> None:
    """A desk acts once its body holds the appeal, and no longer once another one does."""
    subject, _ = await r.open_appeal(channel, registry)
    now = datetime.now(UTC)
    note = desk.event(subject, now, NoteAdded(by="clerk"))
    outcome = await desk.propose(note, wait=10)
    assert outcome.rejection is not None
    assert (outcome.rejection.reason, outcome.rejection.field) == ("unlawful", "source")
    routed = router.event(subject, now, Routed(body="ministry-health"), expectedsequence=1)
    assert (await router.propose(routed, wait=10)).registered
    assert (await desk.propose(note, wait=10)).registered
    forwarded = desk.event(subject, now, Forwarded(body="ministry-labour"), expectedsequence=3)
    assert (await desk.propose(forwarded, wait=10)).registered
    answered = desk.event(subject, now, Answered(outcome="explained"), expectedsequence=4)
    outcome = await desk.propose(answered, wait=10)
    assert outcome.rejection is not None
    assert (outcome.rejection.reason, outcome.rejection.field) == ("unlawful", "source")


async def test_register_ends_only_what_it_feeds(registry: Realm, channel: Publisher) -> None:
    """No register dates an answer back on a live appeal, or on that of another register."""
    live, _ = await r.open_appeal(channel, registry)
    old = datetime(2015, 3, 1, 12, tzinfo=UTC)
    async with r.publisher(registry, r.HISTORY) as history, r.publisher(registry, "/registers/other") as other:
        fed = r.number(registry)
        opening = history.event(fed, old, r.registered(received=old, register_name="test"))
        assert (await history.propose(opening, wait=10)).registered
        for publisher, subject in ((history, live), (other, fed)):
            when = old + timedelta(days=1) if subject == fed else datetime.now(UTC)
            outcome = await publisher.propose(publisher.event(subject, when, Answered(outcome="explained")), wait=10)
            assert outcome.rejection is not None
            assert (outcome.rejection.reason, outcome.rejection.field) == ("invalid", "expectedsequence")
            answer = publisher.event(subject, when, Answered(outcome="explained"), expectedsequence=1)
            outcome = await publisher.propose(answer, wait=10)
            assert outcome.rejection is not None
            assert (outcome.rejection.reason, outcome.rejection.field) == ("unlawful", "source")
        answer = history.event(fed, old + timedelta(days=1), Answered(outcome="explained"), expectedsequence=1)
        assert (await history.propose(answer, wait=10)).registered


async def test_outdated_decision_is_conflict(
    registry: Realm, channel: Publisher, router: Publisher, desk: Publisher
) -> None:
    """A decision on a state that has changed since, or that is not reached yet, is a conflict."""
    subject, _ = await r.open_appeal(channel, registry)
    now = datetime.now(UTC)
    routed = router.event(subject, now, Routed(body="ministry-health"), expectedsequence=1)
    assert (await router.propose(routed, wait=10)).registered
    late = desk.event(subject, now, Forwarded(body="ministry-labour"), expectedsequence=1)
    ahead = desk.event(subject, now, Forwarded(body="ministry-labour"), expectedsequence=9)
    for event in (late, ahead):
        outcome = await desk.propose(event, wait=10)
        assert outcome.rejection is not None
        assert (outcome.rejection.reason, outcome.rejection.field) == ("conflict", "expectedsequence")


async def test_each_proposal_has_one_outcome(registry: Realm, channel: Publisher) -> None:
    """Every proposal ends on the log or on rejected, never on both."""
    event = channel.event(r.number(registry), datetime.now(UTC), r.registered())
    broken = event._replace(id=uuid4(), data=b"{}", type=Registered.type)
    outcomes = [await channel.propose(one, wait=10) for one in (event, broken, event)]
    registered = {(one.id, one.event.type) for one in await r.log_of(registry, event.subject)}
    refused = [one.proposal.id for one in await r.rejected(registry) if one.proposal.subject == event.subject]
    assert [one.registered for one in outcomes] == [True, False, True]
    assert registered == {(event.id, event.type)}
    assert refused == [broken.id, event.id]
