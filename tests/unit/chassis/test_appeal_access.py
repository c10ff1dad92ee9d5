"""The appeals that an official may read."""

from datetime import date
from typing import Any

import pytest

from natija_chassis.realm.official_rights import ActingPost
from natija_chassis.sign_in.appeal_access import AppealFacts, may_read
from natija_chassis.sign_in.official import Official
from natija_events.reference.data import ReferenceData
from natija_events.reference.entries import BodyEntry, OfficialRole

DATA = ReferenceData(
    bodies={"ministry": BodyEntry(), "agency": BodyEntry(superior="ministry"), "prosecutor": BodyEntry()}
)
NOBODY: Any = None
PLAIN = AppealFacts(frozenset(["agency"]))
SECRET = PLAIN._replace(confidential=True)


def official(body: str, *roles: OfficialRole) -> Official:
    return Official("a" * 64, (ActingPost(f"{body}/x", body, frozenset(roles), None),), body, NOBODY, NOBODY)


@pytest.mark.parametrize(
    ("body", "role", "plain", "secret"),
    [
        ("agency", "registrar", True, True), ("agency", "executor", True, True), ("agency", "approver", True, True),
        ("agency", "signer", True, True), ("agency", "head", True, True), ("agency", "controller", True, False),
        ("agency", "analyst", False, False), ("agency", "operator", False, False),
        ("agency", "directory-keeper", False, False), ("agency", "data-officer", False, False),
        ("ministry", "head", True, False), ("ministry", "executor", False, False),
        ("prosecutor", "controller", True, False), ("prosecutor", "auditor", True, False),
        ("prosecutor", "head", False, False), ("prosecutor", "registrar", False, False),
    ],
)  # fmt: skip
def test_role_and_body_decide(body: str, role: OfficialRole, plain: bool, secret: bool) -> None:
    """Those who handle it read it; a confidential one nobody else does."""
    assert may_read(official(body, role), PLAIN, DATA) is plain
    assert may_read(official(body, role), SECRET, DATA) is secret


@pytest.mark.parametrize("role", ["registrar", "head", "controller", "auditor"])
def test_body_reads_no_complaint_about_itself(role: OfficialRole) -> None:
    """Not even while it has the appeal, or watches over others."""
    about = PLAIN._replace(complained_of=frozenset(["agency", "prosecutor"]))
    assert not may_read(official("agency", role), about, DATA)
    assert not may_read(official("prosecutor", role), about, DATA)
    assert may_read(official("ministry", "head"), about, DATA)


def test_head_below_reads_nothing_above() -> None:
    assert not may_read(official("agency", "head"), AppealFacts(frozenset(["ministry"])), DATA)


def test_without_post_nothing_is_read() -> None:
    """Also with a post of another body than the one for which the session acts."""
    post = ActingPost("agency/x", "agency", frozenset(["registrar"]), date(2026, 1, 1))
    assert not may_read(Official("a" * 64, (), None, NOBODY, NOBODY), PLAIN, DATA)
    assert not may_read(Official("a" * 64, (post,), "ministry", NOBODY, NOBODY), PLAIN, DATA)
