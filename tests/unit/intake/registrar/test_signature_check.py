"""The registrar's check of signatures: what it refuses, by which rule, and when a key counts as valid."""

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.sealing import KEYS, REALM_KEY, sealed_event
from tests.unit.intake import realm
from tests.unit.intake.realm import NOW

from natija_events.ids import appeal_number
from natija_events.kafka import partition_of
from natija_events.reference.entries import PublisherEntry
from natija_events.signatures import SigningKey, verify_signature
from natija_events.types.intake import Registered, Supplemented
from natija_events.wire.envelope import Event
from natija_events.wire.log_record import read_log_record
from natija_events.wire.proposal import Proposal, write_proposal
from natija_events.wire.rejection import Rejection
from natija_intake.registrar import admission
from natija_intake.registrar.batch import BatchDecider, LogEnd, read_batch
from natija_intake.registrar.checks.signature_check import find_unproven

INTAKE, PORTAL = SigningKey(b"i" * 32), SigningKey(b"p" * 32)
LATER = NOW + timedelta(days=30)
NUMBER = appeal_number("KG", 7)
KEY = REALM_KEY.new_key(NUMBER)


def entry(*keys: SigningKey, role: str = "channel", unsigned: bool = False) -> PublisherEntry:
    listed = [
        {"public_key": urlsafe_b64encode(key.public).decode().rstrip("="), "valid_from": NOW, "valid_to": LATER}
        for key in keys
    ]
    return PublisherEntry.model_validate({"roles": [role], "keys": listed, "unsigned": unsigned})


REFERENCE = replace(
    realm.REFERENCE,
    publishers={
        "/services/intake": entry(INTAKE),
        "/portals/osh": entry(PORTAL),
        "/portals/tests": entry(unsigned=True),
        "/clock": entry(SigningKey(b"c" * 32), role="clock"),
    },
)


def event(source: str = "/services/intake", data: Registered | Supplemented | None = None) -> Event:
    data = data or Registered(kind="complaint", form="written", channel="other", received=NOW, jurisdiction="KG")
    return sealed_event(source, NUMBER, NOW, data, key=KEY)


def rule(events: Sequence[Event], appended: datetime = NOW, realm: str = "kg") -> str | None:
    """The rule that the proposal breaks; None when its source is proven."""
    why = find_unproven(Proposal(tuple(events), ()), REFERENCE, realm, appended)
    assert why is None or (why.reason, why.field) == ("forbidden", "signature")
    return why and why.rule


def admitted(
    events: Sequence[Event], waited: timedelta = timedelta(0), now: datetime = NOW
) -> admission.Admitted | Rejection:
    key, value, headers = write_proposal(events)
    record = admission.PolledRecord(partition_of(key), 0, key, value, headers, waited)
    proposal = admission.read(record)
    assert not isinstance(proposal, Rejection)
    return admission.admit(proposal, record, admission.AdmissionState(), REFERENCE, KEYS.realm, "kg", now)


OPENING, MORE = event(), event(data=Supplemented())
SIGNED = INTAKE.sign("kg", [OPENING, MORE])


class TestProof:
    def test_proves_the_source(self) -> None:
        assert rule(SIGNED) is None
        assert rule(INTAKE.sign("kg", [OPENING])) is None

    def test_is_required_from_publishers(self) -> None:
        assert rule([OPENING]) == "is missing: this publisher signs its proposals"

    def test_is_optional_where_unsigned(self) -> None:
        assert rule([event("/portals/tests")]) is None
        assert rule(PORTAL.sign("kg", [event("/portals/tests")])) == "is by a key that this publisher does not have"

    def test_is_by_own_key_only(self) -> None:
        """Another publisher of the realm cannot speak as intake, and neither can an unknown key."""
        for key in (PORTAL, SigningKey(b"x" * 32)):
            assert rule(key.sign("kg", [OPENING])) == "is by a key that this publisher does not have"

    def test_names_the_key_it_is_by(self) -> None:
        """A signature by one key cannot be passed off as one by another."""
        forged = [one._replace(publisherkey=INTAKE.id) for one in PORTAL.sign("kg", [OPENING])]
        assert rule(forged) == "does not prove these events: it is for other ones, or they were changed"

    @pytest.mark.parametrize(
        "events",
        [SIGNED[:1], SIGNED[::-1], [SIGNED[0]._replace(data=b"{}"), SIGNED[1]]],
        ids=["cut", "swapped", "data"],
    )
    def test_is_for_these_events_only(self, events: Sequence[Event]) -> None:
        assert rule(events) == "does not prove these events: it is for other ones, or they were changed"

    def test_is_for_this_realm_only(self) -> None:
        assert rule(SIGNED, realm="kz") == "does not prove these events: it is for other ones, or they were changed"

    @pytest.mark.parametrize(
        ("appended", "valid"),
        [(NOW, True), (NOW - timedelta(microseconds=1), False), (LATER, False), (LATER - timedelta(seconds=1), True)],
    )
    def test_is_judged_at_append_time(self, appended: datetime, valid: bool) -> None:
        expected = None if valid else "is by a key that was not valid when the proposal reached the inbox"
        assert rule(SIGNED, appended) == expected


class TestAdmission:
    def test_admits_what_is_proven(self) -> None:
        result = admitted(SIGNED)
        assert isinstance(result, admission.Admitted)
        assert [(one.signature, one.publisherkey) for one in result.incoming.events] == [
            (SIGNED[0].signature, INTAKE.id)
        ] * 2

    def test_refuses_what_is_unproven(self) -> None:
        result = admitted([OPENING])
        assert isinstance(result, Rejection)
        assert (result.reason, result.field) == ("forbidden", "signature")

    def test_refuses_cheaply_first(self) -> None:
        """An unknown source and a forbidden type are named, whatever the signature is."""
        for source, field in (("/nobody", "source"), ("/clock", "type")):
            result = admitted([event(source)])
            assert isinstance(result, Rejection)
            assert (result.reason, result.field) == ("forbidden", field)

    def test_reads_validity_from_record(self) -> None:
        """A decision that comes after the key's end still admits what came before it."""
        waited = timedelta(days=40)
        assert isinstance(admitted(SIGNED, waited, NOW + waited), admission.Admitted)
        late = admitted(SIGNED, timedelta(0), NOW + waited)
        assert isinstance(late, Rejection)
        assert (late.reason, late.field) == ("forbidden", "signature")


class TestLog:
    def test_proof_survives_the_registrar(self) -> None:
        """The records that the registrar writes to the log still prove their source, to the byte."""
        opening = event()
        opening = opening._replace(data=b"{ " + opening.data[1:-1].replace(b",", b", ") + b" }")
        _, value, headers = write_proposal(INTAKE.sign("kg", [opening, MORE]))
        key = opening.subject.encode()
        record = admission.PolledRecord(partition_of(key), 3, key, value, headers, timedelta(0))
        ends = {record.partition: LogEnd()}
        decider = BatchDecider(admission.AdmissionState(), ends, lambda _: REFERENCE, KEYS, "kg", NOW)
        for polled, proposal in read_batch([record]):
            decider.decide(polled, proposal)
        assert decider.decided.rejections == []
        logged = [read_log_record(one.value, one.headers)[0] for one in decider.decided.log]
        assert [one.data for one in logged] == [opening.data, MORE.data]
        assert verify_signature("kg", logged, INTAKE.public)
