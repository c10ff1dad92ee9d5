"""Proof from the log alone: who said what is shown, and every change of what was signed is found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import pytest
from tests.unit.intake.realm import NOW

from natija_events.ids import appeal_number
from natija_events.reference.entries import PublisherEntry
from natija_events.reference.history import ALWAYS, ReferenceHistory
from natija_events.reference.records import ReferenceRecord
from natija_events.signatures import SigningKey
from natija_events.wire.envelope import Event, Headers, Stamp, write_headers
from natija_events.wire.hash_chain import GENESIS
from natija_intake.registrar.signature_verification import SignatureVerifier, Statement

INTAKE, ROUTING, OSH = (SigningKey(letter * 32) for letter in (b"i", b"r", b"o"))
APPEAL, OTHER = appeal_number("KG", 1), appeal_number("KG", 2)


def entry(*keys: SigningKey, role: str = "desk", vouched: bool = False) -> PublisherEntry:
    listed = [{"public_key": key.public_text, "valid_from": NOW} for key in keys]
    return PublisherEntry.model_validate({"roles": [role], "keys": listed, "unsigned": not keys, "vouched": vouched})


PUBLISHERS = {
    "/services/intake": entry(INTAKE),
    "/desks/osh": entry(OSH, vouched=True),
    "/services/routing": entry(ROUTING, role="voucher"),
    "/desks/tests": entry(),
}
HISTORY = ReferenceHistory(
    revisions={
        ("publisher", source): (ReferenceRecord("publisher", source, 1, ALWAYS, one),)
        for source, one in PUBLISHERS.items()
    }
)


@dataclass(frozen=True)
class Record:
    """A record of the log."""

    partition: int
    offset: int
    value: bytes | None
    headers: Headers


def event(source: str = "/services/intake", subject: str = APPEAL) -> Event:
    return Event(uuid4(), source, "appeal.hearing-waived.v1", subject, NOW, b'{"reason":"x"}')


def log(*proposals: Sequence[Event], recorded: timedelta = timedelta(0)) -> list[Record]:
    """The records of *proposals*, each admitted from its own inbox offset."""
    sequences: dict[str, int] = {}
    records: list[Record] = []
    for inboxoffset, proposal in enumerate(proposals):
        for one in proposal:
            sequence = sequences[one.subject] = sequences.get(one.subject, 0) + 1
            stamp = Stamp(sequence, len(records) + 1, NOW + recorded, inboxoffset, 0, GENESIS)
            records.append(Record(3, len(records), one.data, write_headers(one, stamp)))
    return records


def verified(records: Sequence[Record]) -> list[Statement]:
    verifier = SignatureVerifier(HISTORY, "kg")
    return [*verifier.add(records), *verifier.finish()]


def problems(records: Sequence[Record]) -> list[str | None]:
    return [statement.problem for statement in verified(records)]


OPENED = INTAKE.sign("kg", [event(), event(), event()])
ANSWERED = OSH.sign("kg", [event("/desks/osh")])
ELSEWHERE = INTAKE.sign("kg", [event(subject=OTHER)])
CHANGED = "does not prove its events: one was changed, inserted or taken out"


def test_each_proposal_is_proven() -> None:
    """Neighbors of one proposal are verified together, and the next proposal of the appeal by itself."""
    statements = verified(log(OPENED, ELSEWHERE, ANSWERED))
    assert [(one.appeal, one.sequences, one.source, one.signer, one.problem) for one in statements] == [
        (APPEAL, (1, 2, 3), "/services/intake", "/services/intake", None),
        (OTHER, (1,), "/services/intake", "/services/intake", None),
        (APPEAL, (4,), "/desks/osh", "/desks/osh", None),
    ]


def test_batches_do_not_split_proposals() -> None:
    records, verifier = log(OPENED, ANSWERED), SignatureVerifier(HISTORY, "kg")
    found = [statement for record in records for statement in verifier.add([record])] + verifier.finish()
    assert found == verified(records)


def test_voucher_is_shown() -> None:
    (statement,) = verified(log(ROUTING.sign("kg", [event("/desks/osh")])))
    assert (statement.source, statement.signer, statement.vouched) == ("/desks/osh", "/services/routing", True)
    assert not verified(log(ANSWERED))[0].vouched


def test_unsigned_publisher_proves_nothing() -> None:
    """A publisher that is listed as unsigned may leave the signature out, and then nobody is named as the signer."""
    (statement,) = verified(log([event("/desks/tests")]))
    assert (statement.signer, statement.problem) == (None, None)


@pytest.mark.parametrize(
    ("proposal", "problem"),
    [
        ([event()], "is not signed, and its publisher signs"),
        ([event("/nobody")], "is not signed, and its publisher signs"),
        (OSH.sign("kg", [event()]), "is by a key that its publisher does not have"),
        (INTAKE.sign("kz", [event()]), CHANGED),
        ([one._replace(data=b"{}") for one in INTAKE.sign("kg", [event()])], CHANGED),
        ([one._replace(expectedsequence=7) for one in INTAKE.sign("kg", [event()])], CHANGED),
    ],
)
def test_unproven_proposal_is_found(proposal: Sequence[Event], problem: str) -> None:
    assert problems(log(OPENED, proposal)) == [None, problem]


@pytest.mark.parametrize(
    "change",
    [
        lambda records: records[1:],
        lambda records: [records[0], *records[2:]],
        lambda records: records[:2],
        lambda records: [records[1], records[0], records[2]],
    ],
    ids=["first", "middle", "last", "swapped"],
)
def test_missing_event_is_found(change: Callable[[list[Record]], list[Record]]) -> None:
    found = problems(change(log(OPENED)))
    assert CHANGED in found


def test_gap_in_sequence_is_found() -> None:
    """The sequence is not signed, but a proposal's events follow each other."""
    events = INTAKE.sign("kg", [event(), event()])
    stamps = [Stamp(sequence, sequence, NOW, 0, 0, GENESIS) for sequence in (1, 3)]
    pairs = zip(events, stamps, strict=True)
    records = [Record(3, stamp.sequence, one.data, write_headers(one, stamp)) for one, stamp in pairs]
    assert problems(records) == [CHANGED, CHANGED]


def test_key_signs_from_its_first_day() -> None:
    assert problems(log(OPENED, recorded=-timedelta(seconds=1))) == ["is recorded before its key was valid"]


def test_publishers_are_those_of_their_time() -> None:
    """A publisher that signs since March was unsigned before: its older events are not at fault."""
    source, march = "/services/intake", NOW + timedelta(days=1)
    older = PublisherEntry(roles=frozenset({"desk"}), unsigned=True)
    revisions = (
        ReferenceRecord("publisher", source, 1, ALWAYS, older),
        ReferenceRecord("publisher", source, 2, march, PUBLISHERS[source]),
    )
    verifier = SignatureVerifier(ReferenceHistory(revisions={("publisher", source): revisions}), "kg")
    before, after = log([event()]), log([event()], recorded=timedelta(days=2))
    found = [*verifier.add(before), *verifier.add(after), *verifier.finish()]
    assert [one.problem for one in found] == [None, "is not signed, and its publisher signs"]


def test_foreign_record_is_found() -> None:
    assert problems([Record(3, 0, b"{}", []), *log(OPENED)]) == ["is not a registered event", None]
