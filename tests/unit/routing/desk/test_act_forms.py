"""The forms of acts: what they become, and which fields they refuse."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from tests.unit.deadlines.history import APPEAL, at
from tests.unit.routing.desk.given import (
    APPROVED,
    BODY,
    DATA,
    DRAFT,
    EXECUTOR,
    IN_WORK,
    NOW,
    OPENED,
    OTHER,
    ROUTED,
    SIGNER,
    TERM,
    case,
)

from natija_events.reference.entries import BodyEntry
from natija_events.types.base import EventData
from natija_events.types.deadlines import TermExtended
from natija_events.types.personal import Text
from natija_events.types.routing import (
    Answered,
    DataRequested,
    DecisionDeclined,
    DecisionPrepared,
    Forwarded,
    Returned,
    Routed,
)
from natija_routing.desk.acts.forms import ActContext, ActForm, NotAnActForm, Wrong, event_data
from natija_routing.desk.acts.rules import DeskAct

KEY = UUID("6b1f6f3e-4f0a-4b5e-9a37-0d8b1f0e2a11")
CASE = case(OPENED, ROUTED, TERM, IN_WORK, DRAFT, APPROVED)
CONTEXT = ActContext(CASE, BODY, SIGNER, DATA, NOW, Text(text="The road is repaired."))


def form(**fields: Any) -> ActForm:
    return ActForm(KEY, 6)._replace(**fields)


@pytest.mark.parametrize(
    ("act", "given", "expected"),
    [
        ("route", {"body": BODY, "executor": EXECUTOR}, Routed(body=BODY, executor=EXECUTOR)),
        ("forward", {"body": OTHER, "text": "Their road"}, Forwarded),
        ("prepare", {"outcome": "explained", "text": "Repaired"}, DecisionPrepared),
        ("decline", {"text": "Say when"}, DecisionDeclined),
        ("ask", {"missing": ("documents",), "day": "2026-03-20"},
         DataRequested(missing=("documents",), until=at("2026-03-20T18:00"))),
        ("extend", {"day": "2026-05-04", "text": "Winter"}, TermExtended),
        ("return", {"reason": "no_contacts", "text": "Nobody can answer"}, Returned),
    ],
    ids=["route", "forward", "prepare", "decline", "ask", "extend", "return"],
)  # fmt: skip
def test_form_becomes_event(act: DeskAct, given: dict[str, Any], expected: EventData | type[EventData]) -> None:
    found = event_data(act, form(**given), CONTEXT)
    assert found == expected if isinstance(expected, EventData) else type(found) is expected


def test_signature_takes_the_approved_draft() -> None:
    """Its text and its outcome are those of the draft: the form has none."""
    found = event_data("sign", form(language="ky", text="Another text", outcome="satisfied"), CONTEXT)
    assert isinstance(found, Answered)
    assert (found.outcome, found.signer, found.language) == ("explained", SIGNER, "ky")
    assert found.content == Text(text="The road is repaired.")


@pytest.mark.parametrize(
    ("act", "given", "field", "rule"),
    [
        ("route", {"body": "nowhere"}, "body", "unknown"),
        ("route", {"body": BODY, "executor": f"{OTHER}/executor"}, "executor", "unknown"),
        ("assign", {"executor": EXECUTOR}, "executor", "unknown"),
        ("forward", {"body": BODY, "text": "x"}, "body", "unknown"),
        ("forward", {"body": OTHER}, "text", "missing"),
        ("prepare", {"outcome": "withdrawn", "text": "x"}, "outcome", "unknown"),
        ("prepare", {"outcome": "explained", "text": "x" * 30_001}, "text", "too_long"),
        ("prepare", {"outcome": "explained", "text": "\x01" * 30_000}, "text", "too_long"),
        ("ask", {"day": "2026-03-20"}, "missing", "missing"),
        ("ask", {"missing": ("documents",), "day": "2026-03-09"}, "day", "past"),
        ("ask", {"missing": ("documents",), "day": "soon"}, "day", "day"),
        ("ask", {"missing": ("documents",), "day": "9999-12-31"}, "day", "day"),
        ("extend", {"day": "2026-05-05", "text": "x"}, "day", "beyond"),
        ("extend", {"day": "2026-03-23", "text": "x"}, "day", "beyond"),
        ("sign", {"language": "de"}, "language", "unknown"),
        ("return", {"reason": "lazy", "text": "x"}, "reason", "unknown"),
    ],
    ids=[
        "unknown body", "post of another body", "in charge already", "own body",
        "no reason", "outcome of another act", "too long", "too long sealed",
        "nothing asked", "day passed", "no day", "last day of all", "beyond the limit", "not later", "language",
        "no ground in law",
    ],
)  # fmt: skip
def test_wrong_field_is_named(act: DeskAct, given: dict[str, Any], field: str, rule: str) -> None:
    with pytest.raises(Wrong) as wrong:
        event_data(act, form(**given), CONTEXT)
    assert [(one["field"], one["rule"]) for one in wrong.value.errors] == [(field, rule)]


def test_end_without_answer_needs_reason() -> None:
    context = CONTEXT._replace(case=CASE._replace(draft_outcome="not_considered"))
    with pytest.raises(Wrong):
        event_data("sign", form(language="ky"), context)
    found = event_data("sign", form(language="ky", reason="insults"), context)
    assert isinstance(found, Answered)
    assert found.reason == "insults"


def test_same_form_is_same_event() -> None:
    """Sent twice it is one event; another text, another act, another page are others."""
    first = form(text="a").event_id(APPEAL, "forward")
    assert first == form(text="a").event_id(APPEAL, "forward")
    others = {
        form(text="b").event_id(APPEAL, "forward"), form(text="a").event_id(APPEAL, "return"),
        form(text="a", sequence=7).event_id(APPEAL, "forward"),
        form(text="a", key=UUID(int=1)).event_id(APPEAL, "forward"),
    }  # fmt: skip
    assert len(others - {first}) == 4


def test_form_is_read_as_browsers_send_it() -> None:
    sent = [
        ("key", str(KEY)), ("sequence", "6"), ("missing", "name"), ("missing", "documents"), ("text", "One\r\nTwo "),
        ("csrf_token", "x"),
    ]  # fmt: skip
    assert ActForm.read(sent) == form(missing=("name", "documents"), text="One\nTwo")


@pytest.mark.parametrize(
    "sent",
    [
        [], [("key", "1"), ("sequence", "2")], [("key", str(KEY))], [("key", str(KEY)), ("sequence", b"file")],
        [("key", str(KEY)), ("sequence", "-1")], [("key", str(KEY)), ("sequence", "1_0")],
        [("key", str(KEY)), ("sequence", "9" * 5000)], [("key", str(KEY)), ("sequence", "1"), ("text", "\ud800")],
    ],
    ids=["empty", "no key", "no sequence", "a file", "negative", "no number", "too many digits", "half a character"],
)  # fmt: skip
def test_anything_else_is_refused(sent: list[tuple[str, object]]) -> None:
    with pytest.raises(NotAnActForm):
        ActForm.read(sent)


@pytest.mark.parametrize("act", ["route", "forward"])
def test_complaint_never_goes_to_its_body(act: DeskAct) -> None:
    """Nor to one below it: there nobody could read it, or answer it."""
    data = replace(DATA, bodies={**DATA.bodies, "branch": BodyEntry.model_validate({"superior": OTHER})})
    about = CONTEXT._replace(data=data, complained_of=frozenset([OTHER]))
    for body in (OTHER, "branch"):
        assert event_data(act, form(body=body, text="x"), about._replace(complained_of=frozenset()))
        with pytest.raises(Wrong):
            event_data(act, form(body=body, text="x"), about)
