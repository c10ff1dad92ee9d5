"""The number of an appeal, and the id of the event that opens it, derive from key and body."""

from uuid import RFC_4122, UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from natija_events.ids import is_appeal_number
from natija_intake.appeals.identity import RequestKey, appeal_number, registration_id

KEY = UUID("0b5ec1f4-0c9c-4f0e-9d5b-3f6c0e7a1d22")
SECRET = bytes(range(32))


def test_number_and_id_never_change() -> None:
    """Bytes kept from the first version: a new version must know the appeals that an old one has taken."""
    number = appeal_number("kg", RequestKey("/services/intake", KEY), SECRET)
    assert number == "KG-BSW2-H12H-BGP9-HW"
    assert str(registration_id(number, b'{"text":"x"}', SECRET)) == "9887c372-4b8b-8188-8bd7-a229c9710324"


def test_every_input_changes_the_number() -> None:
    """Realm, client, key and secret: two clients may use the same key."""
    numbers = {
        appeal_number("kg", RequestKey("/portal", KEY), SECRET),
        appeal_number("kz", RequestKey("/portal", KEY), SECRET),
        appeal_number("kg", RequestKey("/other", KEY), SECRET),
        appeal_number("kg", RequestKey("/portal", uuid4()), SECRET),
        appeal_number("kg", RequestKey("/portal", KEY), SECRET[::-1]),
    }
    assert len(numbers) == 5
    assert all(map(is_appeal_number, numbers))


def test_every_input_changes_the_id() -> None:
    """Number, body and secret."""
    ids = {
        registration_id("KG-1", b"body", SECRET),
        registration_id("KG-2", b"body", SECRET),
        registration_id("KG-1", b"other", SECRET),
        registration_id("KG-1", b"body", SECRET[::-1]),
    }
    assert len(ids) == 4


@given(st.binary())
def test_id_is_a_uuid_eight(body: bytes) -> None:
    """The version for ids of one's own derivation (RFC 9562)."""
    id = registration_id("KG-1", body, SECRET)
    assert (id.variant, id.version) == (RFC_4122, 8)
