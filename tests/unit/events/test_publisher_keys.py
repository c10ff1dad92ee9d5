"""The keys of publishers: whose key may sign for whom, and when."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from natija_events.reference.data import ReferenceData
from natija_events.reference.entries import PublisherEntry, PublisherKey
from natija_events.signatures import SigningKey

MARCH, APRIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)


def key(number: int) -> SigningKey:
    return SigningKey(bytes([number]) * 32)


def public(number: int, **validity: datetime) -> dict[str, Any]:
    text = urlsafe_b64encode(key(number).public).decode().rstrip("=")
    return {"public_key": text, "valid_from": MARCH, **validity}


def publisher(roles: list[str], *numbers: int, vouched: bool = False) -> PublisherEntry:
    keys = [public(number) for number in numbers]
    return PublisherEntry.model_validate({"roles": roles, "keys": keys, "vouched": vouched})


KNOWN = ReferenceData(
    publishers={
        "/desks/osh": publisher(["desk"], 1, 2),
        "/desks/bishkek": publisher(["desk"], 3, vouched=True),
        "/desks/routing": publisher(["desk", "voucher"], 4),
    }
)


def test_each_source_has_own_keys() -> None:
    """A key signs for the source that lists it, and for no other."""
    for number in (1, 2):
        found = KNOWN.signer("/desks/osh", key(number).id)
        assert found is not None
        assert found.key.raw == key(number).public
    assert KNOWN.signer("/desks/bishkek", key(1).id) is None
    assert KNOWN.signer("/desks/osh", key(9).id) is None
    assert KNOWN.signer("/desks/unknown", key(1).id) is None


def test_voucher_signs_for_vouched_sources() -> None:
    found = KNOWN.signer("/desks/bishkek", key(4).id)
    assert found is not None
    assert found.source == "/desks/routing"
    assert found.key.raw == key(4).public
    assert KNOWN.signer("/desks/osh", key(4).id) is None, "is not vouched"
    assert KNOWN.signer("/desks/bishkek", key(2).id) is None, "is not a voucher"


def test_key_is_valid_between_its_times() -> None:
    between = PublisherKey.model_validate(public(1, valid_to=APRIL))

    assert between.valid_at(MARCH)
    assert between.valid_at(APRIL - timedelta(microseconds=1))
    assert not between.valid_at(APRIL)
    assert not between.valid_at(MARCH - timedelta(microseconds=1))
    assert PublisherKey.model_validate(public(1)).valid_at(APRIL)


@pytest.mark.parametrize("text", ["", "A" * 42, "A" * 44, "A" * 42 + "B", "A" * 42 + "="])
def test_malformed_public_key_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="public_key"):
        PublisherKey.model_validate({"public_key": text, "valid_from": MARCH})
