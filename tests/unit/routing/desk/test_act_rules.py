"""The acts that an official may do, and why not others."""

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.deadlines.history import Given, at, registered
from tests.unit.routing.desk.given import (
    APPROVED,
    APPROVER,
    BODY,
    DATA,
    DRAFT,
    DUE,
    EXECUTOR,
    IN_WORK,
    LATEST,
    NOW,
    OPENED,
    OTHER,
    ROUTED,
    SIGNER,
    TERM,
    case,
    official,
)

from natija_events.reference.entries import OfficialRole, PublisherEntry
from natija_events.types.deadlines import TermExtended, TermExtension, TermSet
from natija_events.types.routing import Answered, ExecutorChanged, Routed
from natija_routing.desk.acts.rules import ACTS, DeskAct, event_of, find_obstacle

DRAFTED = case(OPENED, ROUTED, TERM, IN_WORK, DRAFT)
READY = case(OPENED, ROUTED, TERM, IN_WORK, DRAFT, APPROVED)
WORK = case(OPENED, ROUTED, TERM, IN_WORK)


@pytest.mark.parametrize(
    ("events", "post", "role", "possible"),
    [
        ([OPENED], f"{BODY}/desk", "registrar", {"assign", "forward"}),
        ([OPENED, ROUTED, TERM], f"{BODY}/desk", "registrar", {"assign", "ask", "forward"}),
        ([OPENED, ROUTED, TERM, IN_WORK], EXECUTOR, "executor", {"prepare", "ask"}),
        ([OPENED, ROUTED, TERM, IN_WORK], f"{BODY}/second", "executor", {"ask"}),
        ([OPENED, ROUTED, TERM, IN_WORK, DRAFT], APPROVER, "approver", {"approve", "decline"}),
        ([OPENED, ROUTED, TERM, IN_WORK, DRAFT, APPROVED], SIGNER, "signer", {"sign", "decline", "extend", "forward",
                                                                           "return"}),
        ([OPENED, ROUTED, TERM, IN_WORK], f"{BODY}/watch", "controller", set()),
    ],
    ids=["addressee", "arrived", "in charge", "another executor", "approver", "signer", "controller"],
)  # fmt: skip
def test_role_and_state_decide(events: list[Given], post: str, role: OfficialRole, possible: set[DeskAct]) -> None:
    found, who = case(*events), official(post, role)
    assert {act for act in ACTS if find_obstacle(act, found, who, DATA, NOW) is None} == possible


def test_two_persons_make_an_answer() -> None:
    """The official in charge approves and signs nothing, and the approver does not sign: not even a head."""
    in_charge = official(EXECUTOR, "executor", "head")
    assert find_obstacle("approve", DRAFTED, in_charge, DATA, NOW) == "own_draft"
    assert find_obstacle("sign", READY, in_charge, DATA, NOW) == "own_draft"
    assert find_obstacle("sign", READY, official(APPROVER, "head"), DATA, NOW) == "own_approval"
    assert find_obstacle("sign", DRAFTED, official(SIGNER, "signer"), DATA, NOW) == "state"


def test_other_body_does_nothing() -> None:
    head = official(f"{OTHER}/head", "head", "registrar", "signer", body=OTHER)
    assert {find_obstacle(act, WORK, head, DATA, NOW) for act in ACTS if act != "prepare"} == {"not_held"}


def test_router_sends_what_nobody_has() -> None:
    """An appeal to nobody goes to any body. An appeal to a body is taken up or forwarded by it."""
    entry = PublisherEntry.model_validate({"roles": ["desk", "router"], "body": BODY, "unsigned": True})
    data, who = replace(DATA, publishers={**DATA.publishers, f"/desks/{BODY}": entry}), official("x", "registrar")
    unaddressed = case(("2026-03-02T04:00", registered("2026-03-02T04:00")))
    assert [act for act in ACTS if find_obstacle(act, unaddressed, who, data, NOW) is None] == ["route"]
    assert find_obstacle("route", unaddressed, who, DATA, NOW) == "not_held"
    assert find_obstacle("route", case(OPENED), who, data, NOW) == "addressed"
    about = registered("2026-03-02T04:00", addressee=OTHER, complained_of=OTHER)
    assert find_obstacle("route", case(("2026-03-02T04:00", about)), who, data, NOW) is None


def test_desk_must_be_listed() -> None:
    who = official("unknown/head", "head", body="unknown")
    assert find_obstacle("forward", WORK, who, DATA, NOW) == "no_desk"


def test_end_leaves_nothing_to_do() -> None:
    ended = case(OPENED, ROUTED, ("2026-03-06", Answered(outcome="explained")))
    assert find_obstacle("sign", ended, official(SIGNER, "signer"), DATA, NOW) == "closed"


def extendable(**limits: Any) -> Given:
    """A term that may be extended within *limits*."""
    (term,) = TERM[1].terms  # type: ignore[attr-defined]
    extension = TermExtension.model_validate({"latest": LATEST, **limits})
    return (TERM[0], TermSet(terms=(term.model_copy(update={"extension": extension}),)))


def test_extended_term_is_extended_until_it_ends() -> None:
    """A second extension is possible until the end that the first one gave, or until the limit of the policy."""
    head, extended = (
        official(f"{BODY}/head", "head"),
        ("2026-03-20", TermExtended(term="answer-1", due=at("2026-04-01"))),
    )
    twice = case(OPENED, ROUTED, extendable(times=2), IN_WORK, extended)
    assert find_obstacle("extend", twice, head, DATA, at("2026-03-31")) is None
    assert find_obstacle("extend", twice, head, DATA, at("2026-04-02")) == "no_extension"
    early = case(OPENED, ROUTED, extendable(times=2, until=DUE), IN_WORK, extended)
    assert find_obstacle("extend", early, head, DATA, at("2026-03-31")) == "no_extension"


def test_extension_keeps_its_limits() -> None:
    of_oversight = extendable(roles=("oversight",))
    head = official(f"{BODY}/head", "head")
    assert find_obstacle("extend", WORK, head, DATA, DUE) is None
    assert find_obstacle("extend", WORK, head, DATA, at("2026-03-24")) == "no_extension"
    assert find_obstacle("extend", case(OPENED, ROUTED, of_oversight), head, DATA, NOW) == "no_extension"
    once = case(OPENED, ROUTED, TERM, IN_WORK, ("2026-03-20", TermExtended(term="answer-1", due=at("2026-04-01"))))
    assert find_obstacle("extend", once, head, DATA, at("2026-03-21")) == "no_extension"


def test_first_official_is_named_by_routing() -> None:
    assert event_of("assign", case(OPENED, ROUTED)) is Routed
    assert event_of("assign", WORK) is ExecutorChanged
