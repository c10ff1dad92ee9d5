"""The page of an appeal: the post in which an official looks at it, and the texts that it shows."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.unit.deadlines.history import Given, history, registered
from tests.unit.routing.desk.given import BODY, DATA, IN_WORK, OPENED, OTHER, ROUTED, case, official

from natija_chassis.opening.opened_event import OpenedEvent
from natija_chassis.pages.formats import Formats
from natija_chassis.realm.official_rights import ActingPost
from natija_events.reference.entries import OfficialRole
from natija_events.types.routing import Forwarded
from natija_routing.desk.pages.case_view import handles, look
from natija_routing.desk.pages.history import HistoryWords
from natija_routing.desk.pages.names import DeskNames
from natija_routing.desk.pages.parts import DeskVisit

NAMES = DeskNames(DATA, "en", str)
NOBODY: Given = ("2026-03-02T04:00", registered("2026-03-02T04:00"))
FORWARDED: Given = ("2026-03-05T05:00", Forwarded(body=OTHER))


def visit(*posts: tuple[str, OfficialRole, str | None]) -> DeskVisit:
    """A visit in *posts*: name, role and delegation of each."""
    acting = tuple(ActingPost(f"{BODY}/{name}", BODY, frozenset([role]), None, given) for name, role, given in posts)
    return DeskVisit(official("x", "head")._replace(posts=acting), BODY, DATA, NAMES, datetime(2026, 3, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    ("events", "role", "expected"),
    [
        ([OPENED, IN_WORK], "executor", True), ([OPENED, IN_WORK], "controller", False), ([NOBODY], "auditor", False),
        ([OPENED, ROUTED, FORWARDED], "head", False),
    ],
    ids=["executor", "controller of the body", "appeal of nobody", "head above"],
)  # fmt: skip
def test_only_workers_see_texts_at_once(events: list[Given], role: OfficialRole, expected: bool) -> None:
    assert handles(visit(("post", role, None)), case(*events)) == expected


def test_look_names_the_post_with_the_right() -> None:
    """A delegated post, not the first one of this person."""
    who = visit(("analyst", "analyst", None), ("head", "head", "d7"))
    found = look(who, case(OPENED, IN_WORK))
    assert (found.post, found.delegation, found.purpose) == (f"{BODY}/head", "d7", "handling")


def test_representative_is_shown() -> None:
    """The name and the proof of authority: an official must know who acts for whom."""
    person: Any = {"name": "A. Asanov", "representative": {"name": "B. Bekov", "proof": "No. 7"}, "signature": "A. A."}
    opened = OpenedEvent(history(OPENED)[0], {"person": person})
    line = HistoryWords(NAMES, Formats("en", lambda: "Asia/Bishkek"), str).opened(opened)
    assert {(one.label, one.text) for one in line.texts} == {
        ("Name", "A. Asanov"), ("Representative", "B. Bekov"),
        ("The proof of authority of the representative", "No. 7"), ("The signature", "A. A."),
    }  # fmt: skip
