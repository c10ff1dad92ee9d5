"""A key id stands in the index as the bytes that commit to the key."""

import pytest

from natija_chassis.opening.key_index import to_kid, to_raw
from natija_events.sealing.data_key import DataKey

KID = DataKey(bytes(range(32))).id


def test_id_and_bytes_are_one() -> None:
    raw = to_raw(KID)
    assert raw is not None
    assert len(raw) == 16
    assert to_kid(raw) == KID


@pytest.mark.parametrize(
    "text", ["", "gcm1:", KID[:-1], KID + "A", KID.removeprefix("gcm1:"), KID.lower(), KID[:-1] + "B"]
)
def test_other_texts_are_refused(text: str) -> None:
    """Among them one whose last character has bits that no byte has."""
    assert to_raw(text) is None
