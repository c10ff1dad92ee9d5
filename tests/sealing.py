"""Sealing in tests: the keys of a realm of its own, and events whose values are sealed under them."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from pydantic_core import to_json as pydantic_to_json

from natija_events.schema.registry import REGISTRY
from natija_events.sealing.data_key import DataKey, Place
from natija_events.sealing.storage import KeyEncryptionKey
from natija_events.sealing.wrapping import ProposalKey, RealmKey, RealmKeys, RealmPublicKey
from natija_events.types.base import EventData
from natija_events.types.sealed import open_data, seal_data, sealed_fields
from natija_events.wire.envelope import Event
from natija_intake.registrar.sealed_values import RegistrarKeys

PRIVATE = sha256(b"natija tests realm key").digest()
PUBLIC = RealmKey(PRIVATE, "kg").public
REALM_KEY = RealmPublicKey(PUBLIC, "kg")
"""The public key of the realm kg of unit tests."""
KEYS = RegistrarKeys(RealmKeys([PRIVATE], "kg"), KeyEncryptionKey(sha256(b"natija tests KEK").digest(), "kg", 1))
"""The keys of the registrar of that realm."""

_NOWHERE = Place("kg", "", "", UUID(int=0), "", "")
_KEY = DataKey(bytes(32))


def sealed_somewhere(data: EventData) -> EventData:
    """*data* with its values sealed so that nobody will open them: for tests that need only their form."""
    return seal_data(data, _KEY, _NOWHERE)


def to_json(data: EventData) -> bytes:
    """The JSON of *data*, sealed like `sealed_somewhere`."""
    return sealed_somewhere(data).model_dump_json(exclude_none=True).encode()


def sealed_event(
    source: str,
    subject: str,
    time: datetime,
    data: EventData,
    *,
    id: UUID | None = None,
    key: ProposalKey | None = None,
) -> Event:
    """An event of the realm kg, sealed under *key* or under one of its own."""
    key, id = key or REALM_KEY.new_key(subject), id or uuid4()
    sealed = seal_data(data, key.data_key, Place("kg", subject, source, id, data.type, ""))
    body = sealed.model_dump_json(exclude_none=True).encode()
    return Event(id, source, data.type, subject, time, body, wrappedkey=key.wrapped)


def sealed_json(
    source: str, subject: str, id: UUID, type: str, values: Mapping[str, Any], realm_key: RealmPublicKey = REALM_KEY
) -> tuple[bytes, str]:
    """The JSON of *values*, with the sealed fields that the event's *type* must have; and the wrapped key."""
    key, place = realm_key.new_key(subject), Place(realm_key.realm, subject, source, id, type, "")
    sealed = {
        name: key.data_key.seal(place._replace(field=name), field.plain().to_padded()).model_dump()
        for name, field in sealed_fields(REGISTRY.models[type]).items()
        if field.always
    }
    return pydantic_to_json(sealed | dict(values)), key.wrapped


def opened(event: Event) -> Mapping[str, Any]:
    """The plain values of an event of the realm kg, by field."""
    data = REGISTRY.admit(event.type, event.data)
    assert event.wrappedkey is not None
    key = KEYS.realm.open(event.wrappedkey, event.subject)
    return open_data(data, key, Place("kg", event.subject, event.source, event.id, event.type, ""))
