"""The value of reference data: names, roles by pattern, districts, country types."""

from natija_events.reference.data import ReferenceData
from natija_events.reference.entries import (
    CountryTypeEntry,
    DistrictEntry,
    PublisherEntry,
    PublisherKey,
    PublisherRole,
    RealmEntry,
    RegionEntry,
    TopicEntry,
)

NARYN = RegionEntry(
    names={"ky": "Нарын обл.", "ru": "Нарынская обл."}, districts={"kochkor": DistrictEntry(names={"ky": "Кочкор"})}
)
REFERENCE = ReferenceData(
    realm=RealmEntry(languages=("ky", "ru")),
    regions={"naryn": NARYN},
    former={"topics": {"posts": TopicEntry(names={"en": "Posts"})}},
    country_types={"KZ/notary-request": CountryTypeEntry(kinds=frozenset({"request"}))},
)


def publisher(*roles: PublisherRole) -> PublisherEntry:
    return PublisherEntry(roles=frozenset(roles), unsigned=True)


def test_unknown_id_names_itself() -> None:
    """An unknown id is its own name; a missing language falls back to the first one; ended entries keep their names."""
    assert REFERENCE.name("regions", "naryn", "ru") == "Нарынская обл."
    assert REFERENCE.name("regions", "naryn", "uz") == "Нарын обл."
    assert REFERENCE.name("bodies", "Public Works Department", "ru") == "Public Works Department"
    assert REFERENCE.name("topics", "posts", "en") == "Posts"
    assert "posts" not in REFERENCE.topics


def test_longest_pattern_gives_roles() -> None:
    """The longest matching pattern gives the roles; an unknown source has none."""
    known = ReferenceData(
        publishers={
            "/desks/*": publisher("desk"),
            "/desks/osh/*": publisher("desk", "channel"),
            "/desks/osh/9": publisher(),
        }
    )
    assert known.roles("/desks/1") == {"desk"}
    assert known.roles("/desks/osh/1") == {"desk", "channel"}
    assert known.roles("/desks/osh/9") == frozenset()
    assert known.roles("/elsewhere") == frozenset()
    assert known.publisher("/elsewhere") is None


def test_districts_belong_to_regions() -> None:
    assert REFERENCE.region_of == {"kochkor": "naryn"}
    assert REFERENCE.districts["kochkor"].names == {"ky": "Кочкор"}


def test_country_type_is_of_jurisdiction() -> None:
    found = REFERENCE.country_type("KZ", "notary-request")
    assert found is not None
    assert found.kinds == {"request"}
    assert REFERENCE.country_type("KG", "notary-request") is None


def test_key_id_is_hash_of_key() -> None:
    """SHA-256 of 32 zero bytes, its first 22 characters in base64url."""
    key = PublisherKey.model_validate({"public_key": "A" * 43, "valid_from": "2026-01-01T00:00:00Z"})
    assert key.id == "ed25519:Zmh6rfhivXdsj8GLjp-OIA"
