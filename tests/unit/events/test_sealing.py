"""Sealing: the realm opens what was sealed for it, at its place alone; lengths and equality are hidden."""

import os
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.hpke_sender import encapsulate

from natija_events.ids import appeal_number
from natija_events.sealing.data_key import DataKey, Place, SealedValue, Unsealable, prefixed, to_text
from natija_events.sealing.padding import CONTENT, PERSON, is_padded, pad
from natija_events.sealing.storage import KeyEncryptionKey
from natija_events.sealing.wrapping import RealmKey, SealingSession

REALM_KEY = RealmKey(b"k" * 32, "kg")
APPEAL, OTHER = appeal_number("KG", 1), appeal_number("KG", 2)
PLACE = Place("kg", APPEAL, "/services/intake", UUID(int=7), "appeal.registered.v1", "person")
KEK = KeyEncryptionKey(b"e" * 32, "kg", 1)

texts = st.text(max_size=300)
other_places = st.sampled_from(
    [
        PLACE._replace(realm="kz"),
        PLACE._replace(subject=OTHER),
        PLACE._replace(source="/desks/osh"),
        PLACE._replace(id=uuid4()),
        PLACE._replace(type="appeal.registered.v2"),
        PLACE._replace(field="content"),
    ]
)


def changed(text: str, place: int) -> str:
    """*text* with another character at *place*."""
    place %= len(text)
    return text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]


class TestValue:
    @given(texts)
    def test_opens_at_its_place(self, text: str) -> None:
        wrappedkey, key = SealingSession(REALM_KEY.public, "KG").new_key(APPEAL)
        sealed = key.seal(PLACE, pad(text.encode(), CONTENT))

        opened = REALM_KEY.open(wrappedkey, APPEAL).open(PLACE, sealed)

        assert opened.rstrip(b" ") == text.encode().rstrip(b" ")
        assert is_padded(opened, CONTENT)

    @given(other_places)
    def test_opens_nowhere_else(self, other: Place) -> None:
        key = DataKey(b"d" * 32)
        with pytest.raises(Unsealable):
            key.open(other, key.seal(PLACE, b"x"))

    @given(st.integers(0, 200))
    def test_that_is_changed_stays_closed(self, place: int) -> None:
        key = DataKey(b"d" * 32)
        sealed = key.seal(PLACE, b"some text")
        with pytest.raises(Unsealable):
            key.open(PLACE, sealed.model_copy(update={"ct": changed(sealed.ct, place)}))

    @pytest.mark.parametrize("ct", ["", "A", "AAAA", "ә", "=", "A" * 21, "A" * 1000, "AAB"])
    def test_of_wrong_form_stays_closed(self, ct: str) -> None:
        key = DataKey(b"d" * 32)
        with pytest.raises(Unsealable):
            key.open(PLACE, SealedValue.model_construct(kid=key.id, ct=ct))

    def test_has_one_text_form(self) -> None:
        """The last character of base64url may have unused bits: with others set, it is another text."""
        key = DataKey(b"d" * 32)
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        sealed = key.seal(PLACE, b"x")
        other = alphabet[alphabet.index(sealed.ct[-1]) + 1]
        with pytest.raises(Unsealable):
            key.open(PLACE, sealed.model_copy(update={"ct": sealed.ct[:-1] + other}))

    def test_hides_equal_texts(self) -> None:
        """The same text under the same key, as a client may send it again, has other bytes each time."""
        key = DataKey(b"d" * 32)
        assert len({key.seal(PLACE, b"same").ct for _ in range(100)}) == 100

    def test_opens_under_its_key_only(self) -> None:
        """A key id commits to its key: no value opens under two."""
        key, other = DataKey(b"d" * 32), DataKey(b"o" * 32)
        sealed = key.seal(PLACE, b"x")
        assert key.id != other.id
        for kid in (key.id, other.id):
            with pytest.raises(Unsealable):
                other.open(PLACE, sealed.model_copy(update={"kid": kid}))
        with pytest.raises(Unsealable, match="another key"):
            key.open(PLACE, sealed.model_copy(update={"kid": other.id}))


class TestPadding:
    @pytest.mark.parametrize("sizes", [PERSON, CONTENT])
    @given(data=st.data())
    def test_hides_the_length(self, sizes: tuple[int, ...], data: st.DataObject) -> None:
        text = b"x" * data.draw(st.integers(0, sizes[-1]) | st.sampled_from([0, *sizes]))
        assert len(pad(text, sizes)) in sizes
        assert is_padded(pad(text, sizes), sizes)

    @pytest.mark.parametrize("sizes", [PERSON, CONTENT])
    def test_refuses_what_is_too_long(self, sizes: tuple[int, ...]) -> None:
        assert len(pad(b"x" * sizes[-1], sizes)) == sizes[-1]
        with pytest.raises(ValueError, match="longer than"):
            pad(b"x" * (sizes[-1] + 1), sizes)

    @pytest.mark.parametrize("plain", [b"", b"{}", b"{}" + b" " * 511, b"{}" + b" " * 1022, b"x" * 4096])
    def test_knows_other_lengths(self, plain: bytes) -> None:
        """Another size, or a size larger than necessary, would tell one sender from another."""
        assert not is_padded(plain, PERSON)


class TestWrappedKey:
    def test_fits_in_a_header(self) -> None:
        wrappedkey, _ = SealingSession(REALM_KEY.public, "kg").new_key(APPEAL)
        assert wrappedkey.isascii()
        assert len(wrappedkey) < 300

    def test_serves_proposals_of_session(self) -> None:
        """One encapsulation serves many proposals, each with a key of its own."""
        session = SealingSession(REALM_KEY.public, "kg")
        made = [session.new_key(APPEAL) for _ in range(5)]
        assert len({wrappedkey.split(".")[1] for wrappedkey, _ in made}) == 1
        assert len({key.id for _, key in made}) == 5
        assert [REALM_KEY.open(wrappedkey, APPEAL).id for wrappedkey, _ in made] == [key.id for _, key in made]

    def test_differs_between_sessions(self) -> None:
        keys = {SealingSession(REALM_KEY.public, "kg").new_key(APPEAL)[0].split(".")[1] for _ in range(20)}
        assert len(keys) == 20

    @given(st.integers(0, 300))
    def test_that_is_changed_stays_closed(self, place: int) -> None:
        wrappedkey, _ = SealingSession(REALM_KEY.public, "kg").new_key(APPEAL)
        with pytest.raises(Unsealable):
            REALM_KEY.open(changed(wrappedkey, place), APPEAL)

    @given(st.text(max_size=60) | st.lists(st.text(max_size=20), min_size=2, max_size=2).map(".".join))
    def test_of_any_form_never_crashes(self, text: str) -> None:
        for wrappedkey in (text, f"{REALM_KEY.id}.{text}"):
            with pytest.raises(Unsealable):
                REALM_KEY.open(wrappedkey, APPEAL)

    def test_opens_for_its_appeal_only(self) -> None:
        wrappedkey, _ = SealingSession(REALM_KEY.public, "kg").new_key(APPEAL)
        with pytest.raises(Unsealable):
            REALM_KEY.open(wrappedkey, OTHER)

    def test_opens_in_its_realm_only(self) -> None:
        wrappedkey, _ = SealingSession(REALM_KEY.public, "kg").new_key(APPEAL)
        for other in (RealmKey(b"k" * 32, "kz"), RealmKey(b"o" * 32, "kg")):
            with pytest.raises(Unsealable):
                other.open(wrappedkey, APPEAL)

    @pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
    def test_holds_secrets_of_one_length(self, length: int) -> None:
        """A secret of another length is refused, even from a sender that wraps it by the RFC."""
        info = prefixed(b"natija-wrap-v1", ("KG", REALM_KEY.id))
        encapsulation = to_text(encapsulate(b"s" * length, REALM_KEY.public, info, os.urandom(32)))
        with pytest.raises(Unsealable, match="32 bytes"):
            REALM_KEY.open(f"{REALM_KEY.id}.{encapsulation}.AAAA", APPEAL)

    def test_follows_the_rfc(self) -> None:
        """The library opens what a sender written from the RFC has encapsulated."""
        info = prefixed(b"natija-wrap-v1", ("KG", REALM_KEY.id))
        encapsulation = to_text(encapsulate(b"s" * 32, REALM_KEY.public, info, os.urandom(32)))
        with pytest.raises(Unsealable, match="for this appeal"):  # the session opened, its secret did not
            REALM_KEY.open(f"{REALM_KEY.id}.{encapsulation}.AAAA", APPEAL)


class TestDataKey:
    def test_of_shared_secret_differs_by_appeal(self) -> None:
        """A secret that two appeals share opens nothing of the other one after one key is erased."""
        keys = {DataKey.derive(b"s" * 32, realm, subject).id for realm in ("KG", "KZ") for subject in (APPEAL, OTHER)}
        assert len(keys) == 4

    @pytest.mark.parametrize("length", [0, 16, 31, 33])
    def test_has_one_length(self, length: int) -> None:
        with pytest.raises(ValueError, match="32 bytes"):
            DataKey(b"d" * length)

    def test_is_never_shown(self) -> None:
        shown: list[Any] = [DataKey(b"d" * 32), REALM_KEY, KEK]
        assert not [one for one in shown if "ddd" in repr(one) or "kkk" in repr(one) or "eee" in repr(one)]


class TestStorage:
    @given(st.binary(min_size=32, max_size=32))
    def test_keeps_any_data_key(self, raw: bytes) -> None:
        key = DataKey(raw)
        assert KEK.unwrap(key.id, KEK.wrap(key)).raw == raw

    @pytest.mark.parametrize(
        "other",
        [
            KeyEncryptionKey(b"e" * 32, "kg", 2),
            KeyEncryptionKey(b"e" * 32, "kz", 1),
            KeyEncryptionKey(b"f" * 32, "kg", 1),
        ],
        ids=["version", "realm", "key"],
    )
    def test_opens_under_its_kek_only(self, other: KeyEncryptionKey) -> None:
        key = DataKey(b"d" * 32)
        with pytest.raises(Unsealable):
            other.unwrap(key.id, KEK.wrap(key))

    def test_opens_under_its_key_id_only(self) -> None:
        """Nobody can put the wrap of one appeal's key in the place of another's."""
        key, other = DataKey(b"d" * 32), DataKey(b"o" * 32)
        with pytest.raises(Unsealable):
            KEK.unwrap(other.id, KEK.wrap(key))
        with pytest.raises(Unsealable):
            KEK.unwrap(key.id, changed(KEK.wrap(key), 30))
