"""Authorization: the registrar is asked about every cell of state, type and publisher, once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sealing import KEYS, sealed_json
from tests.unit.events.examples import DUE, LEAST_OF, LEAST_TERM, OTHER, SMALLEST, registered
from tests.unit.events.given import Dated
from tests.unit.events.lifecycle_as_read import ENDED, LINES, STATES, TableLine
from tests.unit.events.test_lifecycle_properties import RuleBookModel
from tests.unit.intake.realm import REFERENCE as KG
from tests.unit.intake.registrar.holder_model import ROLES, HolderModel

from natija_events.ids import appeal_number
from natija_events.kafka import partition_of
from natija_events.lifecycle import holding, transitions
from natija_events.lifecycle.holding import Holding
from natija_events.lifecycle.transitions import Standing
from natija_events.reference.data import ReferenceData
from natija_events.reference.entries import BodyEntry, ChannelEntry, PublisherEntry, TopicEntry
from natija_events.types.base import EventData
from natija_events.types.deadlines import Missed, TermExtended, TermSet
from natija_events.types.intake import (
    AccessCodeReplaced,
    DuplicateLinked,
    DuplicateUnlinked,
    ErasureRequested,
    PersonErased,
    Registered,
)
from natija_events.types.routing import Answered, Forwarded, Reopened, Routed
from natija_events.types.sealed import sealed_fields
from natija_events.wire.envelope import Event
from natija_events.wire.proposal import write_proposal
from natija_events.wire.rejection import Rejection
from natija_intake.registrar import admission
from natija_intake.registrar.admission import AdmissionState, Admitted, IncomingProposal, PolledRecord
from natija_intake.registrar.heads import Head, advance
from natija_intake.registrar.term_limits import TermLimit, microseconds

NUMBER = appeal_number("KG", 7)
OPENED = DUE - timedelta(days=1)
REFERENCE = replace(
    KG,
    bodies={"a": BodyEntry(superior="b"), "b": BodyEntry(superior="c"), "c": BodyEntry()},
    topics={"t": TopicEntry()},
    channels={"post": ChannelEntry()},
    publishers={
        source: PublisherEntry.model_validate(
            {"roles": [role], "unsigned": True, "body": source[-1] if role == "desk" else None}
        )
        for source, role in ROLES.items()
    }
    | {"/prosecutors/a": PublisherEntry(roles=frozenset({"desk", "oversight"}), unsigned=True, body="a")},
)
"""Three bodies, each above the one before, and a publisher or two of every role."""


class Case(NamedTuple):
    """A publisher, who holds and feeds the appeal, and the conditions of the table that are true of both."""

    source: str
    holding: Holding
    true: frozenset[str]

    @property
    def role(self) -> str:
        return ROLES[self.source]


def case(source: str, holder: str | None, opener: str, *true: str, addressee: str | None = None) -> Case:
    fed = opener.startswith("/registers/") and "taken-over" not in true
    return Case(source, Holding(holder, addressee, opener, fed), frozenset({"always", *true}))


CASES = (
    case("/portals/one", None, "/portals/one", "unfed", "opened"),
    case("/portals/two", None, "/portals/one", "unfed"),
    case("/portals/one", "a", "/portals/one", "unfed"),
    case("/portals/one", None, "/registers/one"),
    case("/desks/a", "a", "/portals/one", "holds"),
    case("/desks/b", "a", "/portals/one", "above"),
    case("/desks/c", "a", "/portals/one", "above"),
    case("/desks/b", None, "/portals/one", "above", addressee="a"),
    case("/desks/b", None, "/desks/a", "above"),
    case("/desks/b", None, "/desks/b", "holds", addressee="a"),
    case("/desks/a", "b", "/portals/one"),
    case("/desks/a", None, "/portals/one"),
    case("/desks/a", None, "/portals/one", "holds", addressee="a"),
    case("/desks/a", "b", "/portals/one", addressee="a"),
    case("/desks/a", None, "/desks/a", "holds"),
    case("/desks/a", "b", "/desks/a"),
    case("/desks/a", "a", "/registers/one", "holds"),
    case("/services/routing", None, "/portals/one", "unheld", "unfed"),
    case("/services/routing", "a", "/portals/one", "unfed"),
    case("/services/routing", None, "/registers/one", "unheld"),
    case("/services/routing", "a", "/registers/one"),
    case("/services/deadlines", "a", "/portals/one", "unfed"),
    case("/services/deadlines", "a", "/registers/one"),
    case("/oversight/o", "a", "/registers/one"),
    case("/data-officers/d", "a", "/registers/one"),
    case("/registers/one", "a", "/registers/one", "feeds"),
    case("/registers/two", "a", "/registers/one"),
    case("/registers/one", "a", "/registers/one", "taken-over"),
    case("/registers/one", None, "/portals/one"),
)
NOT_YET = (ErasureRequested, PersonErased)
LIMIT = TermLimit("answer-1", microseconds(DUE), microseconds(DUE + timedelta(days=9)), 1, None, ("desk", "oversight"))
"""Of a term that any role may extend: the table alone decides."""
LIMITED = (TermSet, TermExtended)
"""Types that the appeal's terms decide, too."""


def example(data_type: type[EventData]) -> EventData:
    if data_type is Reopened:
        return Reopened(body="b", authority="c", decided=DUE)
    if data_type is TermSet:
        return TermSet(terms=(LEAST_TERM,))
    if data_type is TermExtended:
        return TermExtended(term=LIMIT.id, due=DUE + timedelta(days=1))
    return LEAST_OF[data_type]


def proposed(data: EventData, source: str, sequence: int = 1) -> tuple[IncomingProposal, PolledRecord]:
    """The proposal of *data* at `DUE`, as the registrar reads it."""
    id, type = uuid4(), data.type
    values = data.model_dump(mode="json", exclude=set(sealed_fields(data.__class__)), exclude_unset=True)
    raw, wrapped = sealed_json(source, NUMBER, id, type, values)
    expected = None if isinstance(data, Registered) else sequence
    sealed = any(field.always for field in sealed_fields(data.__class__).values())
    event = Event(id, source, type, NUMBER, DUE, raw, expectedsequence=expected, wrappedkey=wrapped if sealed else None)
    key, value, headers = write_proposal([event])
    record = PolledRecord(partition_of(key), 0, key, value, headers, timedelta(0))
    incoming = admission.read(record)
    assert isinstance(incoming, IncomingProposal)
    return incoming, record


def decide(data: EventData, source: str, head: Head, reference: ReferenceData = REFERENCE) -> Admitted | Rejection:
    """The decision of the registrar on *data*, for an appeal with *head*."""
    incoming, record = proposed(data, source, head.standing.sequence)
    state = AdmissionState({SMALLEST: Head(), OTHER: Head(), NUMBER: head})
    return admission.admit(incoming, record, state, reference, KEYS.realm, "kg", DUE)


def head(state: str, held: Holding) -> Head:
    resume = ("IN_WORK",) if state in ("AWAITING_DATA", "MERGED_AS_DUPLICATE") else ()
    return Head(Standing(state, resume, OPENED, 1, 1), held, limits=(LIMIT,), since=1)  # type: ignore[arg-type]


def reasons(line: TableLine, data: EventData, one: Case) -> Iterator[tuple[str, str | None, str | None]]:
    """For each state: the reason by which the registrar refuses, and that of the rule book."""
    if isinstance(data, Registered) and one.role == "history":
        data = data.model_copy(update={"register_name": "r"})
    incoming, record = proposed(data, one.source)
    linked = {SMALLEST: Head(), OTHER: Head()}
    for state in STATES:
        heads = linked if state == "NEW" else {**linked, NUMBER: head(state, one.holding)}
        found = admission.admit(incoming, record, AdmissionState(heads), REFERENCE, KEYS.realm, "kg", DUE)
        refused = found.reason if isinstance(found, Rejection) else None
        yield state, refused, expected(line, state, one, data)


def expected(line: TableLine, state: str, one: Case, data: EventData) -> str | None:
    if one.role not in line.publishers:
        return "forbidden"
    if state not in line.source or isinstance(data, NOT_YET):
        return "unlawful"
    if isinstance(data, Routed) and one.role != "history" and one.holding.holder not in (None, data.body):
        return "unlawful"
    if isinstance(data, Forwarded) and one.source == f"/desks/{data.body}":
        return "unlawful"
    condition = line.publishers[one.role]
    return None if condition in one.true else "unlawful"


def wrong_cells(line: TableLine) -> list[str]:
    """The cells of one type in which the registrar and the rule book disagree."""
    data = example(next(row.data for row in transitions.TABLE.values() if row.type == line.type))
    return [
        f"{one.source} in {state}, held by {one.holding}: {found}, expected {wanted}"
        for one in CASES
        for state, found, wanted in reasons(line, data, one)
        if found != wanted
    ]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.type)
def test_every_cell_is_as_read(line: TableLine) -> None:
    """State, type and publisher: the registrar admits what the rule book says, and refuses everything else."""
    assert wrong_cells(line) == []


@pytest.mark.parametrize(
    ("type", "change"),
    [
        (Answered, {"source": ("REGISTERED", *transitions.OPEN)}),
        (Answered, {"publishers": {"desk": "always", "history": "feeds"}}),
        (Missed, {"publishers": {"clock": "always", "history": "feeds"}}),
        (Forwarded, {"publishers": {"desk": "above", "history": "feeds"}}),
        (Reopened, {"source": ("ANSWERED", "MERGED_AS_DUPLICATE")}),
    ],
)
def test_one_wrong_cell_is_found(
    type: type[EventData], change: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table with one wrong cell never passes."""
    row = transitions.TABLE[type.type]
    monkeypatch.setitem(transitions.TABLE, type.type, row._replace(**change))  # type: ignore[arg-type]
    assert wrong_cells(next(line for line in LINES if line.type == type.type))


def test_holder_follows_routing() -> None:
    """The body to which the appeal was routed or forwarded holds it; one outside the register never does."""
    held = Holding(None, "a", "/portals/one")
    for data, holder in (
        (Routed(body="a"), "a"),
        (Forwarded(body="b"), "b"),
        (Forwarded(body="out", external=True), "b"),
        (Reopened(body="c", authority="court", decided=DUE), "c"),
    ):
        held = holding.evolve(held, "/desks/a", data)
        assert (held.holder, held.addressee, held.opener) == (holder, None, "/portals/one")


@pytest.mark.parametrize(
    "data", [Routed(body="a"), Forwarded(body="b"), Answered(outcome="refused"), DuplicateLinked(of=SMALLEST)]
)
def test_register_feeds_until_taken_over(data: EventData) -> None:
    """Its own events do not end that; a first act of somebody else does, and for good."""
    fed = Holding(None, None, "/registers/one", fed=True)
    assert holding.evolve(fed, "/registers/one", data).fed
    taken = holding.evolve(fed, "/desks/a", data)
    assert not taken.fed
    assert not holding.evolve(taken, "/registers/one", data).fed


def test_note_takes_nothing_over() -> None:
    fed = Holding(None, None, "/registers/one", fed=True)
    assert holding.evolve(fed, "/oversight/o", LEAST_OF[Missed]).fed


@pytest.mark.parametrize(
    ("source", "holder", "authority", "field"),
    [
        ("/desks/a", "a", "a", "source"),
        ("/desks/a", "a", "c", "source"),
        ("/desks/b", "a", "b", None),
        ("/desks/b", None, "b", None),
        ("/desks/b", None, "a", "authority"),
        ("/oversight/o", "a", "a", "authority"),
        ("/oversight/o", "a", "c", None),
        ("/prosecutors/a", "a", "c", "source"),
        ("/prosecutors/a", "b", "c", None),
    ],
)
def test_body_never_reopens_own_answer(source: str, holder: str | None, authority: str, field: str | None) -> None:
    """A desk reopens only as a body above the holder, or above the addressee; no authority is the holder itself."""
    answered = head("ANSWERED", Holding(holder, "a", "/portals/one"))
    found = decide(Reopened(body="a", authority=authority, decided=DUE), source, answered)
    assert (found.field if isinstance(found, Rejection) else None) == field


ACTS = st.sampled_from(
    [
        *(example(row.data) for row in transitions.TABLE.values() if row.data not in (*NOT_YET, *LIMITED, Registered)),
        *(Routed(body=body) for body in "abc"),
        *(Forwarded(body=body) for body in "abc"),
    ]
)
OPENINGS = st.sampled_from(
    [
        ("/portals/one", registered(addressee="a")),
        ("/portals/one", registered()),
        ("/desks/b", registered()),
        ("/registers/one", registered(register_name="r")),
    ]
)


@given(OPENINGS, st.lists(st.tuples(st.sampled_from([*ROLES]), ACTS), min_size=4, max_size=14))
@settings(max_examples=40, deadline=None)
def test_every_walk_is_as_read(opening: tuple[str, EventData], acts: list[tuple[str, EventData]]) -> None:
    """In any order of any proposals, the registrar admits what the rule book says."""
    head, model, rules = Head(), HolderModel(), RuleBookModel()
    for source, data in (opening, *acts):
        line = next(line for line in LINES if line.type == data.type)
        condition = line.publishers.get(ROLES[source])
        event = Dated(DUE, data)
        lawful = condition is not None and rules.allows(event) and condition in model.true(source)
        if isinstance(data, Routed) and ROLES[source] != "history":
            lawful = lawful and model.holder in (None, data.body)
        if isinstance(data, Forwarded):
            lawful = lawful and source != f"/desks/{data.body}"
        if isinstance(data, Reopened) and ROLES[source] != "history":
            lawful = lawful and data.authority not in model.holders()
        incoming, record = proposed(data, source, head.standing.sequence)
        heads = {SMALLEST: Head(), OTHER: Head()} | ({NUMBER: head} if head.standing.sequence else {})
        found = admission.admit(incoming, record, AdmissionState(heads), REFERENCE, KEYS.realm, "kg", DUE)
        assert (not isinstance(found, Rejection)) == lawful, (source, data.type, head)
        if lawful:
            rules.apply(event)
            ended = line.target in ENDED or line.type == Answered.type
            model.apply(source, data, ended=ended)
            head = advance(head, incoming.events[0], data)


@pytest.mark.parametrize("held", [Holding("a", None, "/portals/one"), Holding(None, "a", "/portals/one")])
def test_no_body_forwards_to_itself(held: Holding) -> None:
    """A forward begins a new term, so a body would give itself one."""
    assert isinstance(decide(Forwarded(body="b"), "/desks/a", head("IN_WORK", held)), Admitted)
    found = decide(Forwarded(body="a"), "/desks/a", head("IN_WORK", held))
    assert found == Rejection("unlawful", "body", "is the body that forwards the appeal")


def test_abolished_body_keeps_no_appeal() -> None:
    """Once the realm has the holder no longer, a router names its successor; until then it may not."""
    held, successor = head("IN_WORK", Holding("a", "a", "/portals/one")), Routed(body="b")
    assert isinstance(decide(successor, "/services/routing", held), Rejection)
    without = replace(REFERENCE, bodies={id: entry for id, entry in REFERENCE.bodies.items() if id != "a"})
    assert isinstance(decide(successor, "/services/routing", held, without), Admitted)
    assert isinstance(decide(successor, "/desks/b", held, without), Rejection)


def test_desk_of_abolished_body_only_forwards() -> None:
    """A desk that still speaks for an abolished body hands its appeals over as every desk does."""
    held = head("IN_WORK", Holding("a", "a", "/portals/one"))
    without = replace(REFERENCE, bodies={"b": BodyEntry()})
    refused = decide(Routed(body="b"), "/desks/a", held, without)
    assert isinstance(refused, Rejection)
    assert refused.field == "body"
    assert isinstance(decide(Forwarded(body="b"), "/desks/a", held, without), Admitted)


@pytest.mark.parametrize(
    ("source", "holder", "roles", "rule"),
    [
        ("/prosecutors/a", "b", ("desk",), "may not be extended by this publisher"),
        ("/prosecutors/a", "b", ("desk", "oversight"), None),
        ("/prosecutors/a", "a", ("desk",), None),
        ("/prosecutors/a", "a", ("oversight",), None),
        ("/desks/b", "b", ("oversight",), "may not be extended by this publisher"),
    ],
)
def test_only_meeting_roles_extend(source: str, holder: str, roles: tuple[str, ...], rule: str | None) -> None:
    """A publisher of two roles extends by the one that meets its condition, never by the other."""
    held = head("ROUTED", Holding(holder, None, "/portals/one"))._replace(limits=(LIMIT._replace(roles=roles),))
    found = decide(example(TermExtended), source, held)
    assert (found.rule if isinstance(found, Rejection) else None) == rule


def test_code_generation_never_leaps() -> None:
    """A channel replaces an access code by the next one, or repeats an earlier replacement."""
    held = head("ROUTED", Holding("a", None, "/portals/one"))._replace(code_generation=4)
    for generation, field in ((2, None), (5, None), (6, "generation"), (1_000_000, "generation")):
        found = decide(AccessCodeReplaced(generation=generation), "/portals/one", held)
        assert (found.field if isinstance(found, Rejection) else None) == field


def test_router_unlinks_what_it_merged() -> None:
    """A router may take its link back, also when a body holds the appeal."""
    held = head("ROUTED", Holding("a", None, "/portals/one"))
    linked = decide(DuplicateLinked(of=SMALLEST), "/services/routing", held)
    assert isinstance(linked, Admitted)
    merged = advance(held, linked.incoming.events[0], linked.data[0])
    assert isinstance(decide(DuplicateUnlinked(signer="s"), "/services/routing", merged), Admitted)
