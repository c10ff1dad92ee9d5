"""Sealed personal data: bound to key, appeal and field, and deterministic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.events.given import START

from natija_events.encryption import Sealed, Sealer, Unsealable
from natija_events.wire.rejection import (
    InboxRecord,
    ProposalIdentity,
    RejectedProposal,
    Rejection,
    inbox_record_digest,
    open_inbox_record,
    seal_inbox_record,
)

KEY = bytes(range(32))
SEALER = Sealer(KEY)
PLAIN = "Айгүл Асанова"


def test_sealed_value_opens() -> None:
    sealed = SEALER.seal("KG-1", "applicant.name", PLAIN)

    assert SEALER.open("KG-1", "applicant.name", sealed).decode() == PLAIN


@given(st.binary(max_size=200), st.text(max_size=20), st.text(max_size=20))
def test_any_bytes_are_sealed_and_opened(plain: bytes, subject: str, field: str) -> None:
    assert SEALER.open(subject, field, SEALER.seal(subject, field, plain)) == plain


def test_wire_form_never_changes() -> None:
    assert SEALER.seal("KG-1", "applicant.name", PLAIN) == Sealed(
        kid="realm-1", iv="E54CTqdC8e3GTtwk", ct="Ybh4oZ1NSoANMgLcxSd8D_d8jbxRfrugI71Flo_JdcwMJdr2MYbH3Rc"
    )  # fmt: skip


def test_sealing_is_deterministic() -> None:
    """So a repeated proposal has the same bytes."""
    assert SEALER.seal("KG-1", "text", PLAIN) == Sealer(KEY).seal("KG-1", "text", PLAIN)


def test_equal_texts_look_different() -> None:
    """The same text differs by appeal, field and key."""
    sealed = [
        SEALER.seal("KG-1", "text", PLAIN),
        SEALER.seal("KG-2", "text", PLAIN),
        SEALER.seal("KG-1", "name", PLAIN),
        SEALER.seal("KG-1", "text", PLAIN + "."),
        Sealer(bytes(32)).seal("KG-1", "text", PLAIN),
        Sealer(KEY, "realm-2").seal("KG-1", "text", PLAIN),
    ]

    assert len({one.iv for one in sealed}) == len(sealed)
    assert len({one.ct for one in sealed}) == len(sealed)


@pytest.mark.parametrize(("subject", "field"), [("KG-2", "text"), ("KG-1", "name"), ("KG-1text", "")])
def test_sealed_value_cannot_be_moved(subject: str, field: str) -> None:
    sealed = SEALER.seal("KG-1", "text", PLAIN)

    with pytest.raises(Unsealable):
        SEALER.open(subject, field, sealed)


def test_another_key_does_not_open_it() -> None:
    sealed = SEALER.seal("KG-1", "text", PLAIN)

    with pytest.raises(Unsealable):
        Sealer(bytes(32)).open("KG-1", "text", sealed)
    with pytest.raises(Unsealable, match="another key"):
        Sealer(KEY, "realm-2").open("KG-1", "text", sealed)


def test_changed_value_does_not_open() -> None:
    sealed = SEALER.seal("KG-1", "text", PLAIN)

    for changed in (
        sealed.model_copy(update={"iv": "A" * 16}),
        sealed.model_copy(update={"ct": "A" + sealed.ct[1:]}),
        sealed.model_copy(update={"ct": sealed.ct[:-4]}),
        sealed.model_copy(update={"ct": sealed.ct + "A"}),
    ):
        with pytest.raises(Unsealable) as caught:
            SEALER.open("KG-1", "text", changed)
        assert PLAIN not in str(caught.value)


def test_sealed_value_hides_content() -> None:
    sealed = SEALER.seal("KG-1", "text", PLAIN)

    assert PLAIN not in repr(sealed) + sealed.model_dump_json()


@pytest.mark.parametrize("key", [b"", bytes(16), bytes(33)])
def test_key_has_32_bytes(key: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Sealer(key)


_contents = st.none() | st.binary(max_size=20)


@given(_contents, _contents, st.lists(st.tuples(st.text(max_size=5), _contents), max_size=4))
def test_inbox_record_is_sealed_whole(
    key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes | None]]
) -> None:
    """It opens only with its own partition and offset."""
    original = InboxRecord(key, value, headers)
    rejected = RejectedProposal(
        rejection=Rejection("unreadable", "data", "is not JSON"),
        partition=3,
        inboxoffset=77,
        recordedtime=START,
        proposal=ProposalIdentity(),
        digest=inbox_record_digest(original),
        bytes=0,
        original=seal_inbox_record(SEALER, 3, 77, original),
    )

    assert open_inbox_record(SEALER, rejected) == original
    with pytest.raises(Unsealable):
        open_inbox_record(SEALER, rejected._replace(inboxoffset=78))
    assert open_inbox_record(SEALER, rejected._replace(original=None)) is None
