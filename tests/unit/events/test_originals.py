"""The originals of rejected proposals: sealed whole under a key that follows from the KEK."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.events.given import START

from natija_events.sealing.data_key import Unsealable
from natija_events.sealing.storage import KeyEncryptionKey
from natija_events.wire.rejection import (
    InboxRecord,
    ProposalIdentity,
    RejectedProposal,
    Rejection,
    inbox_record_digest,
    open_inbox_record,
    seal_inbox_record,
)

KEY = KeyEncryptionKey(b"e" * 32, "kg", 1).originals_key

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
        original=seal_inbox_record(KEY, 3, 77, original),
    )

    assert open_inbox_record(KEY, rejected) == original
    with pytest.raises(Unsealable):
        open_inbox_record(KEY, rejected._replace(inboxoffset=78))
    assert open_inbox_record(KEY, rejected._replace(original=None)) is None


def test_each_kek_has_its_own_key() -> None:
    keys = {
        KeyEncryptionKey(raw, realm, 1).originals_key.id for raw in (b"e" * 32, b"f" * 32) for realm in ("kg", "kz")
    }
    assert len(keys) == 4
