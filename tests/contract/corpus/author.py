"""The setting of the conformance corpus, and who writes its records. Every choice is given, so the files never vary."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tests.contract.hpke_sender import encapsulate
from tests.contract.sealing_vectors import EPHEMERAL, KEK, NONCE, REALM_KEY, SESSION

from natija_events.ids import appeal_number
from natija_events.reference.data import ReferenceData
from natija_events.reference.entries import (
    BodyEntry,
    ChannelEntry,
    CountryTypeEntry,
    DistrictEntry,
    JurisdictionEntry,
    PublisherEntry,
    PublisherKey,
    RealmEntry,
    RegionEntry,
    TopicEntry,
)  # fmt: skip
from natija_events.sealing.data_key import Place, prefixed, to_text
from natija_events.sealing.storage import KeyEncryptionKey
from natija_events.sealing.wrapping import ProposalKey, RealmKey, RealmKeys
from natija_events.signatures import SigningKey
from natija_events.types.base import EventData
from natija_events.types.sealed import plain_values
from natija_events.wire.envelope import Event
from natija_events.wire.proposal import write_proposal
from natija_intake.registrar.sealed_values import RegistrarKeys

NOW = datetime(2026, 3, 31, 6, tzinfo=UTC)
"""When the registrar decides: at once."""
CHANNEL, HISTORY, CLOCK = "/services/intake", "/registers/osh", "/services/deadlines"
DESK, OTHER_DESK, SIGNING_DESK = "/desks/ministry-transport", "/desks/ministry-health", "/desks/city-hall"
OVERSIGHT, OFFICER, VISITOR = "/oversight/ombudsman", "/officers/data", "/desks/nobody"
ROUTER, OTHER_CHANNEL, OTHER_HISTORY = "/services/routing", "/portals/city", "/registers/talas"
KEY, OLD_KEY, STRANGE_KEY = SigningKey(bytes(range(32))), SigningKey(bytes(32)), SigningKey(b"\xff" * 32)
KEYS = RegistrarKeys(RealmKeys([REALM_KEY], "kg"), KeyEncryptionKey(KEK, "kg", 1))

_LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
_REALM = RealmKey(REALM_KEY, "KG")
_ENCAPSULATION = to_text(encapsulate(SESSION, _REALM.public, prefixed(b"natija-wrap-v1", ("KG", _REALM.id)), EPHEMERAL))


def _publisher(*roles: str, **more: Any) -> PublisherEntry:
    return PublisherEntry.model_validate({"roles": roles, "unsigned": "keys" not in more, **more})


def _public(key: SigningKey, **more: Any) -> PublisherKey:
    return PublisherKey(public_key=key.public_text, valid_from=_LONG_AGO, **more)


REFERENCE = ReferenceData(
    version=7,
    realm=RealmEntry(zone="Asia/Bishkek", languages=("ky", "ru")),
    bodies={
        "ministry-transport": BodyEntry(superior="city-hall"),
        "ministry-health": BodyEntry(),
        "city-hall": BodyEntry(),
        "court-osh": BodyEntry(),
    },
    regions={"chuy": RegionEntry(districts={"alamudun": DistrictEntry()})},
    topics={"roads": TopicEntry(), "land": TopicEntry()},
    channels={"post": ChannelEntry(), "electronic": ChannelEntry()},
    country_types={"KG/deputy-request": CountryTypeEntry(kinds=frozenset({"request"}))},
    jurisdictions={"KG": JurisdictionEntry(first_policy="kg-67/1", policies_from=date(2025, 1, 1))},
    publishers={
        CHANNEL: _publisher("channel"),
        OTHER_CHANNEL: _publisher("channel"),
        HISTORY: _publisher("history"),
        OTHER_HISTORY: _publisher("history"),
        ROUTER: _publisher("router"),
        CLOCK: _publisher("clock"),
        DESK: _publisher("desk", body="ministry-transport"),
        OTHER_DESK: _publisher("desk", body="ministry-health"),
        SIGNING_DESK: _publisher(
            "desk", body="city-hall", keys=[_public(KEY), _public(OLD_KEY, valid_to=NOW - timedelta(days=1))]
        ),
        OVERSIGHT: _publisher("oversight"),
        OFFICER: _publisher("data-officer"),
    },
)
"""The reference data of the corpus."""


class InboxRecord(NamedTuple):
    """A record before it is put on the inbox. *partition* None: that of its key."""

    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]
    partition: int | None = None

    def header(self, name: str, content: str | bytes | None) -> "InboxRecord":
        """With the header *name*, in place of one of that name."""
        raw = content.encode() if isinstance(content, str) else content
        kept = [pair for pair in self.headers if pair[0] != name]
        return self._replace(headers=[*kept, (name, raw)])

    def without(self, name: str) -> "InboxRecord":
        """Without the header *name*."""
        return self._replace(headers=[pair for pair in self.headers if pair[0] != name])

    def also(self, name: str, content: str) -> "InboxRecord":
        """With one more header *name*."""
        return self._replace(headers=[*self.headers, (name, content.encode())])

    def edited(self, old: str, new: str) -> "InboxRecord":
        """With *new* in place of *old* in its value."""
        assert self.value is not None
        assert old.encode() in self.value, old
        return self._replace(value=self.value.replace(old.encode(), new.encode()))


@dataclass
class Author:
    """Writes the records of one case, on the appeal *number*. Every choice follows from *index*."""

    index: int
    written: int = 0

    @property
    def number(self) -> str:
        """The number of the appeal."""
        return appeal_number("KG", 1_000 + self.index)

    def event(
        self, data: EventData, source: str = DESK, *, time: datetime = NOW, subject: str | None = None, **more: Any
    ) -> Event:
        """An event with *data*, its values sealed."""
        self.written += 1
        id, subject = more.pop("id", UUID(int=(self.index << 16) + self.written)), subject or self.number
        key = self._key(subject)
        place = Place("KG", subject, source, id, data.type, "")
        sealed = {
            name: key.data_key.seal(place._replace(field=name), plain.to_padded(), _nonce(source, str(id), name))
            for name, plain in plain_values(data).items()
        }
        raw = data.model_copy(update=sealed).model_dump_json(exclude_none=True).encode()
        wrapped = key.wrapped if sealed else None
        return Event(id, source, data.type, subject, time, raw, wrappedkey=wrapped, **more)

    def record(self, *events: Event) -> InboxRecord:
        """The inbox record that proposes *events*."""
        key, value, headers = write_proposal(events)
        return InboxRecord(key, value, [(name, content) for name, content in headers])

    def propose(self, data: EventData, source: str = DESK, **more: Any) -> InboxRecord:
        """The inbox record that proposes one event."""
        return self.record(self.event(data, source, **more))

    def _key(self, subject: str) -> ProposalKey:
        """A new key for every event: its secret follows from the case and the event."""
        secret = self.index.to_bytes(16, "big") + self.written.to_bytes(16, "big")
        wrapped = to_text(NONCE + AESGCM(SESSION).encrypt(NONCE, secret, subject.encode()))
        text = f"{_REALM.id}.{_ENCAPSULATION}.{wrapped}"
        return ProposalKey(text, _REALM.open(text, subject))


def _nonce(*texts: str) -> bytes:
    return prefixed(b"", texts)[-12:].rjust(12, b"\x00")
