"""Proposals on real Kafka: their record on the inbox, the decision of the registrar, and their outcome."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from tests.integration.events.conftest import REGISTERED, THEN, LogWriter, event, new_numbers, offset_of
from tests.stack import Realm, Realms

from natija_events import limits
from natija_events.ids import derived_event_id
from natija_events.kafka import OutcomePending, Publisher, outcome_reader, partition_of, read, read_batches
from natija_events.topics import INBOX
from natija_events.types.routing import Answered, DataProvided, Routed

WAIT = 20.0


async def test_proposal_is_on_its_partition(bare_realm: Realm, bare_publisher: Publisher) -> None:
    numbers = new_numbers(40)
    proposed = {number: event(bare_publisher, number) for number in numbers}
    await asyncio.gather(*(bare_publisher.send(one) for one in proposed.values()))

    found = {}
    start = dict.fromkeys(range(16), 0)
    async for batch in read_batches(bare_realm.servers.kafka, INBOX.name(bare_realm.name), start):
        for record in batch:
            if record.key.decode() in proposed:
                found[record.key.decode()] = record

    assert found.keys() == proposed.keys()
    for number, record in found.items():
        assert record.partition == partition_of(number.encode())
        assert record.value == proposed[number].data


async def test_registered_outcome_has_sequence_and_time(publisher: Publisher, registry: Realm) -> None:
    (number,) = new_numbers(1, registry)

    opened = await publisher.propose(event(publisher, number), wait=WAIT)
    routed = await publisher.propose(event(publisher, number, Routed(body="b"), expectedsequence=1), wait=WAIT)

    assert (opened.registered, opened.rejection, opened.sequence, opened.subject) == (True, None, 1, number)
    assert (routed.registered, routed.sequence) == (True, 2)
    assert routed.recordedtime >= opened.recordedtime


async def test_outcome_has_first_sequence(publisher: Publisher, registry: Realm) -> None:
    """The outcome of several events has the sequence of the first."""
    (number,) = new_numbers(1, registry)
    await publisher.propose(event(publisher, number), wait=WAIT)
    several = [
        publisher.event(number, THEN, data, expectedsequence=1)
        for data in (Routed(body="b"), Routed(body="b", executor="e"), Answered(outcome="refused"))
    ]

    assert (await publisher.propose(*several, wait=WAIT)).sequence == 2


async def test_repeated_proposal_is_registered_once(publisher: Publisher, registry: Realm) -> None:
    (number,) = new_numbers(1, registry)
    first = await publisher.propose(event(publisher, number), wait=WAIT)
    again = await publisher.propose(event(publisher, number), wait=WAIT)

    assert first.rejection is None
    assert again.rejection is not None
    assert (again.registered, again.rejection.reason, again.sequence) == (True, "duplicate", 1)
    assert [one.sequence async for one in read(registry.servers.kafka, registry.name, subject=number)] == [1]


async def test_rejected_outcome_has_its_reason(publisher: Publisher, registry: Realm) -> None:
    """A rejected proposal has reason, field and rule."""
    (number,) = new_numbers(1, registry)
    await publisher.propose(event(publisher, number), wait=WAIT)

    unlawful = await publisher.propose(event(publisher, number, DataProvided()), wait=WAIT)
    early = publisher.event(number, THEN - timedelta(days=1), Routed(body="b"), expectedsequence=1)
    conflict = publisher.event(number, THEN, Routed(body="b"), expectedsequence=9)

    assert not unlawful.registered
    assert unlawful.rejection is not None
    assert unlawful.rejection.reason == "unlawful"
    assert "REGISTERED" in unlawful.rejection.rule
    for proposed, reason in ((early, "unlawful"), (conflict, "conflict")):
        outcome = await publisher.propose(proposed, wait=WAIT)
        assert outcome.rejection is not None
        assert outcome.rejection.reason == reason


async def test_many_proposals_get_own_outcomes(publisher: Publisher, registry: Realm) -> None:
    numbers = new_numbers(400, registry)
    odd = [event(publisher, number, DataProvided()) for number in numbers[200:]]
    even = [event(publisher, number) for number in numbers[:200]]

    outcomes = await asyncio.gather(*(publisher.propose(one, wait=60) for one in (*even, *odd)))

    assert [outcome.subject for outcome in outcomes] == numbers
    assert all(outcome.rejection is None and outcome.sequence == 1 for outcome in outcomes[:200])
    assert all(outcome.rejection and outcome.rejection.reason == "unlawful" for outcome in outcomes[200:])


async def test_unreadable_proposal_has_an_outcome(
    publisher: Publisher, registry: Realm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The registrar finds no proposal in the record, and the publisher learns so at once."""
    (number,) = new_numbers(1, registry)
    monkeypatch.setattr("natija_events.kafka.publisher.check_proposal", lambda events: None)
    broken = [
        event(publisher, number)._replace(data=b"\xff"),
        event(publisher, number)._replace(source="/registers/a b"),
        event(publisher, number)._replace(correlationid="дело-7"),
        event(publisher, number)._replace(time=datetime(1899, 1, 1, tzinfo=UTC)),
        event(publisher, number)._replace(subject="KG-7K3M-9QX4-T2R8-M5"),
    ]

    outcomes = [await publisher.propose(one, wait=WAIT) for one in broken]

    reasons = [outcome.rejection and (outcome.rejection.reason, outcome.rejection.field) for outcome in outcomes]
    fields = ("data", "source", "correlationid", "time", "subject")
    assert reasons == [("unreadable", field) for field in fields]


async def test_unreadable_event_is_refused_locally(publisher: Publisher, registry: Realm) -> None:
    """Nothing is written for what could only be rejected as unreadable."""
    with pytest.raises(ValueError, match="subject"):
        event(publisher, "KG-7K3M-9QX4-T2R8-M5")
    with pytest.raises(ValueError, match="zone"):
        publisher.event(new_numbers(1, registry)[0], datetime(2024, 3, 4), REGISTERED)


async def test_equal_proposals_are_both_registered(publisher: Publisher, registry: Realm) -> None:
    (number,) = new_numbers(1, registry)

    both = await asyncio.gather(*(publisher.propose(event(publisher, number), wait=WAIT) for _ in range(2)))

    assert [outcome.registered for outcome in both] == [True, True]
    assert [outcome.sequence for outcome in both] == [1, 1]
    assert {outcome.rejection and outcome.rejection.reason for outcome in both} == {None, "duplicate"}


async def test_same_id_with_other_content(publisher: Publisher, registry: Realm) -> None:
    """Two proposals at once with one event id and different content get different outcomes."""
    (number,) = new_numbers(1, registry)
    other = publisher.event(
        number, THEN, REGISTERED.model_copy(update={"channel": "box"}), id=event(publisher, number).id
    )

    outcomes = await asyncio.gather(
        publisher.propose(event(publisher, number), wait=WAIT), publisher.propose(other, wait=WAIT)
    )

    assert sorted(outcome.rejection.reason if outcome.rejection else "" for outcome in outcomes) == ["", "reused"]


async def test_outcome_is_pending_without_registrar(realms: Realms) -> None:
    """Without a registrar the outcome is pending; a registrar started later registers the event once."""
    realm = await realms()
    (number,) = new_numbers(1, realm)
    async with Publisher(realm.servers.kafka, realm.name, "/registers/tests", realm_key=realm.public_key) as publisher:
        with pytest.raises(OutcomePending):
            await publisher.propose(event(publisher, number), wait=0.2)

        await realm.serve("registrar", ready=False)
        outcome = await publisher.propose(event(publisher, number), wait=60)

    assert outcome.rejection is not None
    assert (outcome.registered, outcome.sequence, outcome.rejection.reason) == (True, 1, "duplicate")
    assert [one.sequence async for one in read(realm.servers.kafka, realm.name, subject=number)] == [1]


async def test_aborted_record_decides_nothing(bare_publisher: Publisher, writer: LogWriter) -> None:
    (number,) = new_numbers(1)
    proposed = event(bare_publisher, number)
    proposing = asyncio.create_task(bare_publisher.propose(proposed, wait=WAIT))
    await writer.decide(bare_publisher, proposed, commit=False)
    await writer.decide(bare_publisher, proposed, sequence=7)

    assert (await proposing).sequence == 7


async def test_other_proposals_decision_is_ignored(bare_publisher: Publisher, writer: LogWriter) -> None:
    """A decision on an earlier proposal of the same events is not the awaited one."""
    (number,) = new_numbers(1)
    proposed = event(bare_publisher, number)
    with pytest.raises(OutcomePending):
        await bare_publisher.propose(proposed, wait=0.01)
    proposing = asyncio.create_task(bare_publisher.propose(proposed, wait=WAIT))
    offset = await offset_of(bare_publisher, number)
    await writer.write(proposed, inbox=offset - 1, sequence=1)
    await writer.write(proposed, inbox=offset, sequence=2)

    assert (await proposing).sequence == 2


async def test_decision_may_precede_confirmation(bare_publisher: Publisher, writer: LogWriter) -> None:
    (number,) = new_numbers(1)
    key = number.encode()
    pending = await bare_publisher.outcomes.expect(partition_of(key), key)
    await writer.write(event(bare_publisher, number), inbox=76, sequence=1)
    await writer.write(event(bare_publisher, number), event(bare_publisher, number), inbox=77, sequence=2)
    async with asyncio.timeout(WAIT):
        while len(pending.received) < 2:
            await asyncio.sleep(0.01)
    assert not pending.decision.done()

    bare_publisher.outcomes.sent(pending, 77)

    assert (await pending.decision).sequence == 2, "the first event of the proposal"
    bare_publisher.outcomes.forget(pending)


async def test_paused_partition_is_read_again(
    bare_publisher: Publisher, writer: LogWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a partition was idle, the next proposal gets its decision, and nothing from the meantime."""
    monkeypatch.setattr(outcome_reader, "_LINGER_SECONDS", 0.0)
    one, two = _neighbours()
    for sequence, number in enumerate((one, two, one, two), 1):
        proposed = bare_publisher.event(number, THEN, REGISTERED, id=derived_event_id(number, str(sequence)))
        proposing = asyncio.create_task(bare_publisher.propose(proposed, wait=WAIT))
        offset = await offset_of(bare_publisher, number)
        # Records written while the partition is idle must not count as the next decision.
        await writer.write(*(event(bare_publisher, other) for other in new_numbers(20)), proposed, inbox=offset)
        assert (await proposing).sequence == 21
        await _idle(bare_publisher)
        await writer.write(proposed, inbox=offset + 1, sequence=99)


async def test_malformed_record_leaves_outcome_pending(bare_publisher: Publisher, writer: LogWriter) -> None:
    """A malformed record on the log fails those that wait; the next proposal works."""
    (number,) = new_numbers(1)
    proposed = event(bare_publisher, number)
    proposing = asyncio.create_task(bare_publisher.propose(proposed, wait=WAIT))
    await offset_of(bare_publisher, number)
    await writer.write_malformed(number.encode(), b"\xff", [("ce_id", str(proposed.id).encode())])

    with pytest.raises(OutcomePending, match="cannot be read"):
        await proposing

    proposing = asyncio.create_task(bare_publisher.propose(proposed, wait=WAIT))
    await writer.decide(bare_publisher, proposed)
    assert (await proposing).registered


async def test_closing_ends_pending_proposals(bare_realm: Realm) -> None:
    async with Publisher(
        bare_realm.servers.kafka, bare_realm.name, "/registers/tests", realm_key=bare_realm.public_key
    ) as publisher:
        waiting = [
            asyncio.create_task(publisher.propose(event(publisher, number), wait=WAIT)) for number in new_numbers(3)
        ]
        await _pending(publisher, 3)

    for one in waiting:
        with pytest.raises(OutcomePending, match="propose the same events again"):
            await one


async def test_canceled_proposal_is_forgotten(bare_publisher: Publisher) -> None:
    waiting = [
        asyncio.create_task(bare_publisher.propose(event(bare_publisher, number), wait=WAIT))
        for number in new_numbers(50)
    ]
    await _pending(bare_publisher, 50)
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)

    assert all(one.cancelled() for one in waiting)
    assert bare_publisher.outcomes.pending() == []
    await _idle(bare_publisher)


async def test_invalid_proposal_is_not_sent(bare_publisher: Publisher) -> None:
    one, two = (event(bare_publisher, number) for number in new_numbers(2))

    with pytest.raises(ValueError, match="1 to 200 events"):
        await bare_publisher.send()
    with pytest.raises(ValueError, match="1 to 200 events"):
        await bare_publisher.propose(*([one] * 201), wait=1)
    with pytest.raises(ValueError, match="subject: is not the same"):
        await bare_publisher.send(one, two)
    with pytest.raises(ValueError, match="larger than"):
        await bare_publisher.send(one._replace(data=b'{"x":"' + b"x" * limits.PROPOSAL_BYTES + b'"}'))


async def _pending(publisher: Publisher, count: int = 1) -> None:
    """Return when *count* proposals are on the inbox and waited for."""
    async with asyncio.timeout(WAIT):
        while len(publisher.outcomes.pending()) < count:
            await asyncio.sleep(0.01)


async def _idle(publisher: Publisher) -> None:
    async with asyncio.timeout(WAIT):
        while publisher.outcomes.is_reading:
            await asyncio.sleep(0.01)


def _neighbours() -> tuple[str, str]:
    """Two appeals on one partition."""
    numbers = new_numbers(17)
    seen: dict[int, str] = {}
    for number in numbers:
        partition = partition_of(number.encode())
        if partition in seen:
            return seen[partition], number
        seen[partition] = number
    raise AssertionError("17 appeals on 16 partitions")
