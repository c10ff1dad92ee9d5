"""The decisions at the end of domain.md §8, one by one."""

from datetime import timedelta

import pytest
from tests.unit.events.examples import DUE, EXAMPLES, LEAST, OTHER, SMALLEST, registered
from tests.unit.events.given import START, at, given
from tests.unit.events.test_lifecycle_rows import PATHS

from natija_events.ids import appeal_number
from natija_events.lifecycle import transitions
from natija_events.types import deadlines, intake, oversight, routing
from natija_events.types.base import EventData

LATER = DUE + timedelta(days=30)


def test_registered_opens_appeal() -> None:
    """There is no state RECEIVED: the registration carries the time of receipt."""
    appeal = given().when(registered(received=START)).then("REGISTERED")

    assert appeal.received == START
    assert "RECEIVED" not in transitions.State.__args__  # type: ignore[attr-defined]


def test_only_registered_opens_appeal() -> None:
    for data in LEAST[1:]:
        given().when(data).refused("not lawful in state NEW")


def test_appeal_is_registered_once() -> None:
    given(registered()).when(registered()).refused("not lawful in state REGISTERED")


def test_part_and_complaint_are_appeals() -> None:
    """A part and a complaint are appeals of their own."""
    assert given().when(registered(parent=SMALLEST, part=1)).then("REGISTERED").parent == SMALLEST
    assert given().when(registered(complaint_of=SMALLEST)).then("REGISTERED").complaint_of == SMALLEST


def test_complaint_is_note_on_appeal() -> None:
    """A complaint is a note on the appeal that it concerns, also after the answer."""
    when = given(registered(), routing.Answered(outcome="refused")).when(intake.ComplaintFiled(complaint=OTHER))

    assert when.then("ANSWERED").complaints == (OTHER,)
    assert when.history.standing.material == 2


def test_only_three_types_move_due() -> None:
    """Only events of the term and a forwarding change the due instant."""
    moved: set[type[EventData]] = set()
    for state, path in PATHS.items():
        for data in EXAMPLES:
            before = given(*path, deadlines.TermSet(due=START)) if state in transitions.OPEN else given(*path)
            when = before.when(data)
            if when.rule is None and len(before.history.events) > 1:
                appeal = when.history.appeal()
                assert appeal is not None
                if appeal.due != (START if state in transitions.OPEN else None):
                    moved.add(type(data))

    terms = {deadlines.TermSet, deadlines.TermResumed, deadlines.TermExtended, deadlines.TermCorrected}
    assert moved == {*terms, routing.Forwarded}


def test_extension_keeps_first_due() -> None:
    appeal = (
        given(registered(), deadlines.TermSet(due=DUE))
        .when(deadlines.TermExtended(term="answer-1", due=LATER))
        .then("REGISTERED")
    )

    assert (appeal.first_due, appeal.due) == (DUE, LATER)


def test_executor_decides_routed_state() -> None:
    """Routed to an official is IN_WORK, to a body alone ROUTED."""
    assert given(registered()).when(routing.Routed(body="b", executor="e")).then("IN_WORK").executor == "e"
    assert given(registered()).when(routing.Routed(body="b")).then("ROUTED").body == "b"


def test_new_executor_means_in_work() -> None:
    for state in ("ROUTED", "IN_WORK", "ON_APPROVAL", "ON_SIGNING"):
        appeal = given(*PATHS[state]).when(routing.ExecutorChanged(executor="f")).then("IN_WORK")
        assert appeal.executor == "f"


@pytest.mark.parametrize(
    ("moved", "state"),
    [
        (routing.ExecutorChanged(executor="f"), "IN_WORK"),
        (routing.Routed(body="b", executor="f"), "IN_WORK"),
        (routing.Routed(body="b"), "ROUTED"),
    ],
)
def test_moved_appeal_still_awaits_data(moved: EventData, state: str) -> None:
    """The applicant may still provide the data, and these lead to the state of the new executor."""
    asked = (registered(), routing.DataRequested(missing=("address",), until=DUE))

    assert given(*asked).when(moved).then("AWAITING_DATA").executor == getattr(moved, "executor", None)
    given(*asked, moved).when(routing.DataProvided()).then(state)
    merged = (*asked, moved, intake.DuplicateLinked(of=SMALLEST), intake.DuplicateUnlinked(signer="s"))
    given(*merged).when(routing.DataProvided()).then(state)


def test_internal_forwarding_restarts_appeal() -> None:
    """Forwarded inside the register, the appeal starts again at the new body under its number."""
    when = given(registered(), routing.Routed(body="b", executor="e"), deadlines.TermSet(due=DUE)).when(
        routing.Forwarded(body="c")
    )

    appeal = when.then("TRANSFERRED")
    assert (appeal.body, appeal.executor, appeal.due) == ("c", None, None)


def test_external_forwarding_ends_appeal() -> None:
    """Forwarded outside the register, the appeal ends and keeps its term."""
    when = given(registered(), deadlines.TermSet(due=DUE)).when(routing.Forwarded(body="c", external=True))

    appeal = when.then("FORWARDED")
    assert (appeal.body, appeal.due) == ("c", DUE)


def test_partial_forwarding_names_part() -> None:
    when = given(registered()).when(routing.ForwardedInPart(body="c", child=OTHER, part=1))

    assert when.then("REGISTERED").children == (OTHER,)


def test_returned_ends_appeal() -> None:
    given(registered()).when(routing.Returned(reason="no-data")).then("RETURNED")
    given(registered(), routing.Returned(reason="no-data")).when(routing.Routed(body="b")).refused("RETURNED")


def test_answer_needs_no_approval() -> None:
    """No answer is lawful while data are requested from the applicant."""
    for state in ("REGISTERED", "TRANSFERRED", "ROUTED", "IN_WORK", "ON_APPROVAL", "ON_SIGNING"):
        appeal = given(*PATHS[state]).when(routing.Answered(outcome="explained")).then("ANSWERED")
        assert appeal.outcome == "explained"
        assert appeal.closed is not None

    given(*PATHS["AWAITING_DATA"]).when(routing.Answered(outcome="explained")).refused("AWAITING_DATA")


def test_new_draft_needs_new_approval() -> None:
    signing = PATHS["ON_SIGNING"]

    given(*signing).when(routing.DecisionPrepared(outcome="satisfied")).then("ON_APPROVAL")


AFTER_THE_END: set[type[EventData]] = {
    intake.AccessCodeReplaced,
    intake.ApplicantCorrected,
    intake.ComplaintFiled,
    intake.DuplicateLinked,
    intake.DuplicateUnlinked,
    intake.ErasureRequested,
    intake.NoticeSent,
    intake.PersonErased,
    intake.RepeatLinked,
    deadlines.Missed,
    routing.NoteAdded,
    deadlines.TermAnnulled,
    deadlines.TermCorrected,
    deadlines.TermExtended,
    deadlines.TermResumed,
    deadlines.TermSet,
    deadlines.Warned,
    oversight.ControlReleased,
    oversight.CourtClosed,
    oversight.CourtNoted,
    oversight.SanctionRecorded,
}
MORE_AFTER: dict[str, set[type[EventData]]] = {
    "ANSWERED": {routing.AnswerDelivered, routing.AnswerClarified, routing.AnswerCorrected, routing.Reopened},
    **{end: {routing.Reopened} for end in ("FORWARDED", "RETURNED", "WITHDRAWN", "NOT_CONSIDERED", "TERMINATED")},
}


@pytest.mark.parametrize("end", transitions.TERMINAL)
def test_few_types_after_end(end: transitions.State) -> None:
    lawful = {type(data) for data in LEAST if given(*PATHS[end]).when(data).rule is None}

    assert lawful == AFTER_THE_END | MORE_AFTER.get(end, set())


@pytest.mark.parametrize("end", transitions.TERMINAL)
def test_end_state_stays(end: transitions.State) -> None:
    for data in LEAST:
        if type(data) in AFTER_THE_END:
            unmerged = isinstance(data, intake.DuplicateUnlinked) and end == "MERGED_AS_DUPLICATE"
            given(*PATHS[end]).when(data).then("IN_WORK" if unmerged else end)


@pytest.mark.parametrize("end", [end for end in transitions.TERMINAL if end != "MERGED_AS_DUPLICATE"])
def test_reopened_appeal_starts_again(end: transitions.State) -> None:
    """The end, the outcome, the term and the assignments are void; the breach and the first term stay."""
    before = given(
        *PATHS["IN_WORK"], deadlines.TermSet(due=DUE), deadlines.Missed(term="answer-1", due=DUE), *PATHS[end][2:]
    )
    reopened = at(LATER, routing.Reopened(body="d", authority="court", decided=DUE))

    appeal = before.when(reopened).then("TRANSFERRED")

    assert (appeal.body, appeal.executor, appeal.outcome, appeal.reopened) == ("d", None, None, DUE)
    assert (appeal.due, appeal.first_due, appeal.missed) == (None, DUE, (DUE,))


def test_reopened_appeal_ends_again() -> None:
    again = (*PATHS["ANSWERED"], routing.Reopened(body="d", authority="court", decided=START))
    late = at(LATER, routing.Answered(outcome="satisfied"))

    appeal = given(*again).when(late).then("ANSWERED")

    assert (appeal.outcome, appeal.closed) == ("satisfied", LATER)


def test_reopening_is_decided_before() -> None:
    reopened = at(DUE, routing.Reopened(body="d", authority="court", decided=LATER))

    given(*PATHS["ANSWERED"]).when(reopened).refused("is decided after its time")


def test_reopening_is_decided_after_registration() -> None:
    """A decision may be older than the answer that it voids, but not than the appeal."""
    early = routing.Reopened(body="d", authority="court", decided=START - timedelta(seconds=1))

    given(*PATHS["ANSWERED"]).when(early).refused("is decided before the appeal's registration")
    given(*PATHS["ANSWERED"]).when(early.model_copy(update={"decided": START})).then("TRANSFERRED")


def test_tasks_end_with_executor() -> None:
    before = (*PATHS["IN_WORK"], routing.Assigned(post="p", by="e"), routing.Assigned(post="q", by="e"))

    assert given(*before).when(routing.NoteAdded(by="p")).then("IN_WORK").assigned == ("p", "q")
    assert given(*before).when(routing.ExecutorChanged(executor="f")).then("IN_WORK").assigned == ()
    assert given(*before).when(routing.Forwarded(body="c")).then("TRANSFERRED").assigned == ()


def test_court_case_closes_by_its_number() -> None:
    first, second = (oversight.CourtNoted(court="c", case_number=number) for number in ("1/24", "2/24"))
    closed = oversight.CourtClosed(court="c", case_number="1/24", ruling="against_applicant")

    appeal = given(*PATHS["ANSWERED"], first, second, first).when(closed).then("ANSWERED")

    assert appeal.court_cases == (("c", "2/24"),)


def test_duplicate_points_to_smaller_number() -> None:
    """So two appeals never merge into each other."""
    small, large = appeal_number("KG", 5), appeal_number("KG", 6)

    given(registered(), number=large).when(intake.DuplicateLinked(of=small)).then("MERGED_AS_DUPLICATE")
    given(registered(), number=small).when(intake.DuplicateLinked(of=large)).refused("larger number to the smaller")
    given(registered(), number=small).when(intake.DuplicateLinked(of=small)).refused("larger number to the smaller")


@pytest.mark.parametrize("state", transitions.OPEN)
def test_unlinked_duplicate_returns_to_state(state: transitions.State) -> None:
    when = given(*PATHS[state], intake.DuplicateLinked(of=SMALLEST)).when(intake.DuplicateUnlinked(signer="s"))

    appeal = when.then(state)
    assert appeal.duplicate_of is None


@pytest.mark.parametrize("end", transitions.ENDED)
def test_link_after_end_is_taken_back(end: transitions.State) -> None:
    """The state stays, also once the appeal is reopened."""
    linked = (*PATHS[end], intake.DuplicateLinked(of=SMALLEST))
    reopened = (*linked, routing.Reopened(body="d", authority="court", decided=START))
    unlinked = intake.DuplicateUnlinked(signer="s")

    assert given(*linked).when(unlinked).then(end).duplicate_of is None
    assert given(*reopened).when(unlinked).then("TRANSFERRED").duplicate_of is None


def test_unlinking_gives_no_data() -> None:
    given(*PATHS["AWAITING_DATA"]).when(intake.DuplicateUnlinked(signer="s")).then("AWAITING_DATA")


def test_unlinked_duplicate_still_awaits_data() -> None:
    """When the data come, an unlinked duplicate that awaited them goes back to work."""
    before = (*PATHS["AWAITING_DATA"], intake.DuplicateLinked(of=SMALLEST), intake.DuplicateUnlinked(signer="s"))

    given(*before).when(routing.DataProvided()).then("IN_WORK")


def test_provided_data_restore_state() -> None:
    for state in ("REGISTERED", "TRANSFERRED", "ROUTED", "IN_WORK"):
        before = given(*PATHS[state], routing.DataRequested(missing=("address",), until=DUE))
        before.when(routing.DataProvided()).then(state)


def test_breach_is_dated_at_due() -> None:
    before = (registered(), at(START + timedelta(hours=1), deadlines.TermSet(due=DUE)))

    assert given(*before).when(at(DUE, deadlines.Missed(term="answer-1", due=DUE))).then("REGISTERED").missed == (DUE,)
    given(*before).when(at(DUE + timedelta(days=1), deadlines.Missed(term="answer-1", due=DUE))).refused(
        "dated at its due instant"
    )

    asked = (registered(), routing.DataRequested(missing=("address",), until=DUE))
    given(*asked).when(at(DUE, deadlines.DataTermExpired(term="data-1", due=DUE))).then("RETURNED")
    given(*asked).when(at(DUE + timedelta(days=1), deadlines.DataTermExpired(term="data-1", due=DUE))).refused(
        "dated at its due instant"
    )


def test_breach_stays() -> None:
    late = DUE + timedelta(days=1)
    before = given(registered(), deadlines.TermSet(due=DUE), at(late, routing.Answered(outcome="refused")))

    assert before.when(deadlines.Missed(term="answer-1", due=DUE)).then("ANSWERED").missed == (DUE,)

    before = given(registered(), deadlines.TermSet(due=DUE), deadlines.Missed(term="answer-1", due=DUE))

    assert before.when(at(late, deadlines.TermExtended(term="answer-1", due=LATER))).then("REGISTERED").missed == (DUE,)


def test_nothing_precedes_registration() -> None:
    early = START - timedelta(seconds=1)

    given(registered()).when(at(early, routing.Routed(body="b"))).refused("before the appeal's registration")
    given(registered()).when(at(early, deadlines.Missed(term="answer-1", due=early))).refused(
        "before the appeal's registration"
    )
    given(registered()).when(at(START, routing.Routed(body="b"))).then("ROUTED")


def test_events_may_be_out_of_order() -> None:
    before = (registered(), at(START + timedelta(days=2), routing.Routed(body="b")))

    given(*before).when(at(START + timedelta(days=1), routing.TopicAssigned(topic="t"))).then("ROUTED")
