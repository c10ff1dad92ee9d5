"""Outcomes are put together from records of log and rejected, and survive the way over a topic."""

from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest

from natija_events.ids import new_appeal_number
from natija_events.reference.data import ReferenceData
from natija_events.reference.entries import PublisherEntry
from natija_events.topics import outcome_topic
from natija_events.wire.envelope import Event, Stamp, write_headers
from natija_events.wire.outcome import DecidedProposal, read_outcome, write_outcome
from natija_events.wire.rejection import ProposalIdentity, RejectedProposal, Rejection, RejectionReason, write_rejected
from natija_events.wire.values import Unreadable
from natija_intake.outcomes.assembly import RegisteredProposals, belongs_to_publisher, rejected_proposal

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DESK, NUMBER = "/desks/labour", new_appeal_number("KG")


def logged(offset: int, inboxoffset: int, sequence: int, *, partition: int = 3, id: UUID | None = None) -> Any:
    """A record of the log."""
    event = Event(id or uuid4(), DESK, "appeal.routed.v1", NUMBER, NOW, b"{}")
    stamp = Stamp(sequence, offset, NOW, inboxoffset, 0, "genesis")
    return SimpleNamespace(partition=partition, offset=offset, value=b"{}", headers=write_headers(event, stamp))


def decided(reason: RejectionReason | None, field: str = "source", source: str = DESK) -> DecidedProposal:
    """An outcome with this reason."""
    rejection = None if reason is None else Rejection(reason, field, "breaks a rule")
    return DecidedProposal(3, 7, source, NUMBER, uuid4(), NOW, rejection)


def summary(found: Sequence[DecidedProposal | None]) -> list[tuple[int, int | None, int | None]]:
    """Inbox offset, first sequence and events of each."""
    return [(one.inboxoffset, one.sequence, one.events) for one in found if one is not None]


class TestRegisteredProposals:
    """The log records of one proposal are one outcome."""

    def test_batch_is_one_outcome(self) -> None:
        """The next proposal of the partition ends it."""
        proposals = RegisteredProposals()
        first, last = uuid4(), logged(13, 8, 7)
        found = [proposals.add(one) for one in (logged(10, 5, 1, id=first), logged(11, 5, 2), last)]
        assert summary(found) == [(5, 1, 2)]
        assert found[2] is not None
        assert found[2].proposal == first

    def test_marker_ends_last_proposal(self) -> None:
        """More of its events may follow until the reader has passed the marker of its transaction."""
        proposals = RegisteredProposals()
        proposals.add(logged(10, 5, 1))
        assert proposals.end(3, 11) is None
        proposals.add(logged(11, 5, 2))
        assert summary([proposals.end(3, 13)]) == [(5, 1, 2)]
        assert proposals.end(3, 14) is None

    def test_open_proposal_is_read_again(self) -> None:
        """After a restart it is read from its first record on, so that it is counted whole."""
        proposals = RegisteredProposals()
        assert proposals.next_offset(3, 10) == 10
        proposals.add(logged(10, 5, 1))
        proposals.add(logged(11, 5, 2))
        assert proposals.next_offset(3, 12) == 10
        assert proposals.next_offset(4, 99) == 99

    def test_partitions_are_kept_apart(self) -> None:
        proposals = RegisteredProposals()
        assert proposals.add(logged(10, 5, 1)) is None
        assert proposals.add(logged(20, 5, 9, partition=4)) is None
        assert summary([proposals.end(3, 12), proposals.end(4, 22)]) == [(5, 1, 1), (5, 9, 1)]

    def test_foreign_record_is_refused(self) -> None:
        with pytest.raises(Unreadable):
            RegisteredProposals().add(SimpleNamespace(partition=0, offset=0, value=b"", headers=[("ce_id", b"x")]))


def test_rejection_becomes_outcome() -> None:
    """It keeps reason, field and rule; without a readable source it is nobody's."""
    why = Rejection("duplicate", "id", "is already registered with the same content", 4)
    identity = ProposalIdentity(NUMBER, DESK, uuid4())
    rejected = RejectedProposal(why, 3, 9, NOW, identity, "00", 0, None)
    for expected, one in ((DESK, rejected), (None, rejected._replace(proposal=ProposalIdentity()))):
        value, headers = write_rejected(one, "/services/intake/registrar")
        found = rejected_proposal(SimpleNamespace(partition=3, offset=1, value=value, headers=headers))
        assert (found and found.source) == expected
        assert found is None or (found.registered, found.sequence, found.inboxoffset) == (True, 4, 9)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (decided(None), True),
        (decided("invalid", "topic"), True),
        (decided("forbidden", "signature"), True),
        (decided("forbidden"), False),
        (decided("unreadable"), False),
        (decided("unreadable", source="/desks/known"), True),
        (decided(None, source="/services/routing"), False),
    ],
)
def test_outcome_belongs_to_known_publisher(outcome: DecidedProposal, expected: bool) -> None:
    """Outcomes of unknown sources and of our own services are for operators alone."""
    known = ReferenceData(publishers={"/desks/known": PublisherEntry(roles=frozenset())})
    assert belongs_to_publisher(outcome, known) is expected


@pytest.mark.parametrize("outcome", [decided(None)._replace(sequence=4, events=2), decided("unlawful")])
def test_outcome_survives_its_topic(outcome: DecidedProposal) -> None:
    key, value, headers = write_outcome(outcome, 12)
    assert key == NUMBER.encode()
    assert read_outcome(value, headers) == (outcome, 12)
    with pytest.raises(Unreadable):
        read_outcome(value, [])


def test_two_sources_share_no_topic() -> None:
    """Names of topics have no slash, so other marks are escaped."""
    sources = ["/desks/a", "/desks/a/b", "/desks/a.b", "/desks/a_b", "/desks/a_db", "/desks/a-b"]
    names = [outcome_topic("KG", source) for source in sources]
    assert names[0] == "kg.outcomes.desks.a"
    assert len(set(names)) == len(sources)


def test_publishers_with_kafka_user_read_outcomes() -> None:
    entries = {
        "/desks/labour": PublisherEntry(roles=frozenset(), principal="kg.publisher.labour"),
        "/desks/http": PublisherEntry(roles=frozenset()),
        "/desks/*": PublisherEntry(roles=frozenset(), principal="kg.publisher.all"),
        "/services/routing": PublisherEntry(roles=frozenset(), principal="kg.routing"),
    }
    assert ReferenceData(publishers=entries).outcome_readers == ("/desks/labour",)
