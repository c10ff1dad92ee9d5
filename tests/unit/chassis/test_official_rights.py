"""The rights of an official on a day: by their own posts, and by rights that others gave them."""

from datetime import date

import pytest

from natija_chassis.realm.official_rights import acting_posts, may_delegate
from natija_chassis.user_ids import user_id, user_id_key
from natija_events.reference.data import ReferenceData
from natija_events.reference.entries import (
    BodyEntry,
    DelegationEntry,
    HeldPost,
    OfficialEntry,
    OfficialRole,
    PostEntry,
)

AIDA, BOLOT, CHYNARA, MINISTER, MAYOR = (letter * 64 for letter in "abcde")
DAY = date(2026, 7, 10)


def post(*roles: OfficialRole) -> PostEntry:
    return PostEntry(roles=frozenset(roles))


def holds(*posts: HeldPost) -> OfficialEntry:
    return OfficialEntry(posts=posts)


def given(post: str, by: str, to: str, first: int = 1, last: int = 31) -> DelegationEntry:
    return DelegationEntry(
        post=post, given_by=by, given_to=to, valid_from=date(2026, 7, first), valid_to=date(2026, 7, last)
    )


def data(**delegations: DelegationEntry) -> ReferenceData:
    """A ministry above an agency, and a city hall apart."""
    return ReferenceData(
        bodies={"ministry": BodyEntry(), "agency": BodyEntry(superior="ministry"), "city": BodyEntry()},
        posts={
            "agency/signer": post("signer"), "agency/desk": post("registrar", "executor"),
            "agency/head": post("head"), "ministry/head": post("head"), "city/head": post("head"),
        },
        officials={
            AIDA: holds(HeldPost(post="agency/signer")), BOLOT: holds(HeldPost(post="agency/desk")),
            CHYNARA: holds(HeldPost(post="agency/head")), MINISTER: holds(HeldPost(post="ministry/head")),
            MAYOR: holds(HeldPost(post="city/head")),
        },
        delegations=delegations,
    )  # fmt: skip


def posts(known: ReferenceData, official: str, day: date = DAY) -> list[str]:
    return [one.post for one in acting_posts(known, official, day)]


@pytest.mark.parametrize(
    ("day", "expected"),
    [(date(2026, 1, 31), []), (date(2026, 2, 1), ["agency/desk"]), (date(2026, 3, 31), ["agency/desk"]),
     (date(2026, 4, 1), [])],
)  # fmt: skip
def test_post_is_held_by_days(day: date, expected: list[str]) -> None:
    """From its first day to the end of its last one."""
    held = HeldPost(post="agency/desk", valid_from=date(2026, 2, 1), valid_to=date(2026, 3, 31))
    known = data()
    assert (
        posts(ReferenceData(bodies=known.bodies, posts=known.posts, officials={AIDA: holds(held)}), AIDA, day)
        == expected
    )


def test_ended_post_gives_nothing() -> None:
    """Also one of a body that has ended; an unknown official has no post."""
    known = data()
    assert posts(ReferenceData(bodies=known.bodies, officials=known.officials), AIDA) == []
    assert posts(ReferenceData(posts=known.posts, officials=known.officials), AIDA) == []
    assert posts(known, "f" * 64) == []


@pytest.mark.parametrize(
    ("giver", "may"),
    [(AIDA, True), (CHYNARA, True), (MINISTER, True), (MAYOR, False), ("f" * 64, False)],
    ids=["holder", "head", "head above", "head apart", "nobody"],
)
def test_holder_or_superior_gives_rights(giver: str, may: bool) -> None:
    """A colleague, a head of another body and an unknown id cannot."""
    known = data(leave=given("agency/signer", giver, BOLOT))
    assert may_delegate(known, known.delegations["leave"], DAY) is may
    assert posts(known, BOLOT) == ["agency/desk", *(["agency/signer"] if may else [])]


def test_colleague_gives_no_others_rights() -> None:
    assert posts(data(leave=given("agency/signer", BOLOT, CHYNARA)), CHYNARA) == ["agency/head"]


def test_head_below_gives_nothing_above() -> None:
    assert posts(data(leave=given("ministry/head", CHYNARA, AIDA)), AIDA) == ["agency/signer"]


@pytest.mark.parametrize(("day", "has"), [(4, False), (5, True), (15, True), (16, False)])
def test_given_rights_last_some_days(day: int, has: bool) -> None:
    known = data(leave=given("agency/signer", AIDA, BOLOT, 5, 15))
    assert ("agency/signer" in posts(known, BOLOT, date(2026, 7, day))) is has
    assert "agency/signer" in posts(known, AIDA, date(2026, 7, day))


def test_given_rights_are_not_given_on() -> None:
    """Nor does a head of some days give what only a head may give."""
    known = data(one=given("agency/head", CHYNARA, BOLOT), two=given("agency/signer", BOLOT, MAYOR))
    assert "agency/head" in posts(known, BOLOT)
    assert posts(known, MAYOR) == ["city/head"]


def test_rights_end_with_their_giver() -> None:
    """A lost post leaves nothing to give."""
    known = data(leave=given("agency/signer", AIDA, BOLOT))
    left = ReferenceData(
        bodies=known.bodies, posts=known.posts, delegations=known.delegations,
        officials={BOLOT: known.officials[BOLOT], AIDA: holds()},
    )  # fmt: skip
    assert posts(left, BOLOT) == ["agency/desk"]


def test_removed_official_gets_nothing() -> None:
    """Rights that were given to them do not let them in."""
    known = data(leave=given("agency/signer", AIDA, "f" * 64))
    assert posts(known, "f" * 64) == []


def test_user_id_is_of_realm_and_secret() -> None:
    """The same user has another id in another realm, at another issuer, and under another secret."""
    ids = {
        user_id(user_id_key(realm, secret), issuer, subject)
        for realm in ("kg", "kz") for secret in ("", "x") for issuer in ("https://a", "https://b") for subject in "12"
    }  # fmt: skip
    assert len(ids) == 16
    assert all(len(id) == 64 for id in ids)
    assert user_id(user_id_key("KG"), "a", "b") == user_id(user_id_key("kg"), "a", "b")
