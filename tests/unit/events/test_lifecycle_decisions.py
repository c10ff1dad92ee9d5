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


def test_registered_opens_every_appeal_and_carries_when_it_was_received() -> None:
    appeal = given().when(registered(received=START)).then("REGISTERED")

    assert appeal.received == START
    assert "RECEIVED" not in transitions.State.__args__  # type: ignore[attr-defined]


def test_nothing_but_registered_opens_an_appeal() -> None:
    for data in LEAST[1:]:
        given().when(data).refused("not lawful in state NEW")


def test_an_appeal_is_registered_once() -> None:
    given(registered()).when(registered()).refused("not lawful in state REGISTERED")


def test_a_part_and_a_complaint_are_appeals_of_their_own_that_open_with_registered() -> None:
    assert given().when(registered(parent=SMALLEST, part=1)).then("REGISTERED").parent == SMALLEST
    assert given().when(registered(complaint_of=SMALLEST)).then("REGISTERED").complaint_of == SMALLEST


def test_a_complaint_is_a_note_on_the_appeal_it_is_about_even_after_the_answer() -> None:
    when = given(registered(), routing.Answered(outcome="refused")).when(intake.ComplaintFiled(complaint=OTHER))

    assert when.then("ANSWERED").complaints == (OTHER,)
    assert when.history.standing.material == 2


def test_only_a_term_an_extension_and_a_forwarding_move_the_due_date() -> None:
    moved = set()
    for state, path in PATHS.items():
        for data in EXAMPLES:
            before = given(*path, deadlines.TermSet(due=START)) if state in transitions.OPEN else given(*path)
            when = before.when(data)
            if when.rule is None and len(before.history.events) > 1:
                appeal = when.history.appeal()
                assert appeal is not None
                if appeal.due != (START if state in transitions.OPEN else None):
                    moved.add(type(data))

    assert moved == {deadlines.TermSet, deadlines.ExtensionSigned, routing.Forwarded}


def test_an_extension_keeps_the_first_due_date_in_memory() -> None:
    appeal = (
        given(registered(), deadlines.TermSet(due=DUE)).when(deadlines.ExtensionSigned(due=LATER)).then("REGISTERED")
    )

    assert (appeal.first_due, appeal.due) == (DUE, LATER)


def test_routed_to_an_official_is_in_work_and_to_a_body_alone_is_routed() -> None:
    assert given(registered()).when(routing.Routed(body="b", executor="e")).then("IN_WORK").executor == "e"
    assert given(registered()).when(routing.Routed(body="b")).then("ROUTED").body == "b"


def test_a_new_executor_puts_the_appeal_in_work() -> None:
    for state in ("ROUTED", "IN_WORK", "AWAITING_DATA", "ON_APPROVAL", "ON_SIGNING"):
        appeal = given(*PATHS[state]).when(routing.ExecutorChanged(executor="f")).then("IN_WORK")
        assert appeal.executor == "f"


def test_forwarded_within_the_register_starts_again_at_the_new_body_under_the_same_number() -> None:
    when = given(registered(), routing.Routed(body="b", executor="e"), deadlines.TermSet(due=DUE)).when(
        routing.Forwarded(body="c")
    )

    appeal = when.then("REGISTERED")
    assert (appeal.body, appeal.executor, appeal.due) == ("c", None, None)


def test_forwarded_with_a_term_has_it_at_once() -> None:
    appeal = (
        given(registered(), deadlines.TermSet(due=DUE)).when(routing.Forwarded(body="c", due=LATER)).then("REGISTERED")
    )

    assert (appeal.due, appeal.first_due) == (LATER, DUE)


def test_forwarded_outside_the_register_ends_the_appeal_which_keeps_the_term_it_had() -> None:
    when = given(registered(), deadlines.TermSet(due=DUE)).when(routing.Forwarded(body="c", external=True))

    appeal = when.then("FORWARDED")
    assert (appeal.body, appeal.due) == ("c", DUE)


def test_forwarded_in_part_goes_on_and_names_the_part() -> None:
    when = given(registered()).when(routing.ForwardedInPart(body="c", child=OTHER, part=1))

    assert when.then("REGISTERED").children == (OTHER,)


def test_returned_is_to_the_applicant_and_an_end() -> None:
    given(registered()).when(routing.Returned(reason="no data")).then("RETURNED")
    given(registered(), routing.Returned(reason="no data")).when(routing.Routed(body="b")).refused("RETURNED")


def test_an_answer_needs_no_approval_but_no_answer_is_given_while_the_applicant_is_asked() -> None:
    for state in ("REGISTERED", "ROUTED", "IN_WORK", "ON_APPROVAL", "ON_SIGNING"):
        appeal = given(*PATHS[state]).when(routing.Answered(outcome="explained")).then("ANSWERED")
        assert appeal.outcome == "explained"
        assert appeal.closed is not None

    given(*PATHS["AWAITING_DATA"]).when(routing.Answered(outcome="explained")).refused("AWAITING_DATA")


def test_a_new_draft_replaces_the_old_one_and_is_approved_anew() -> None:
    signing = PATHS["ON_SIGNING"]

    given(*signing).when(routing.DecisionPrepared(outcome="satisfied")).then("ON_APPROVAL")


AFTER_THE_END: set[type[EventData]] = {
    intake.ComplaintFiled,
    intake.DuplicateLinked,
    intake.PersonErased,
    intake.RepeatLinked,
    deadlines.Missed,
    oversight.ControlReleased,
    oversight.CourtNoted,
    oversight.SanctionRecorded,
}
MORE_AFTER: dict[str, set[type[EventData]]] = {
    "ANSWERED": {routing.AnswerDelivered, routing.AnswerClarified, routing.AnswerCorrected},
    "MERGED_AS_DUPLICATE": {intake.DuplicateUnlinked},
}


@pytest.mark.parametrize("end", transitions.TERMINAL)
def test_after_the_end_only_what_the_rule_book_lists_is_lawful(end: transitions.State) -> None:
    lawful = {type(data) for data in LEAST if given(*PATHS[end]).when(data).rule is None}

    assert lawful == AFTER_THE_END | MORE_AFTER.get(end, set())


@pytest.mark.parametrize("end", transitions.TERMINAL)
def test_an_end_stays_the_end_whatever_is_written_down_after_it(end: transitions.State) -> None:
    for data in LEAST:
        if type(data) in AFTER_THE_END:
            given(*PATHS[end]).when(data).then(end)


def test_a_duplicate_points_from_the_larger_number_to_the_smaller_so_that_two_never_merge_into_each_other() -> None:
    small, large = appeal_number("KG", 5), appeal_number("KG", 6)

    given(registered(), number=large).when(intake.DuplicateLinked(of=small)).then("MERGED_AS_DUPLICATE")
    given(registered(), number=small).when(intake.DuplicateLinked(of=large)).refused("larger number to the smaller")
    given(registered(), number=small).when(intake.DuplicateLinked(of=small)).refused("larger number to the smaller")


@pytest.mark.parametrize("state", transitions.OPEN)
def test_an_unlinked_duplicate_goes_on_where_it_stood(state: transitions.State) -> None:
    when = given(*PATHS[state], intake.DuplicateLinked(of=SMALLEST)).when(intake.DuplicateUnlinked(signer="s"))

    appeal = when.then(state)
    assert appeal.duplicate_of is None


def test_an_unlinked_duplicate_that_waited_for_data_still_goes_back_to_work_when_they_come() -> None:
    before = (*PATHS["AWAITING_DATA"], intake.DuplicateLinked(of=SMALLEST), intake.DuplicateUnlinked(signer="s"))

    given(*before).when(routing.DataProvided()).then("IN_WORK")


def test_data_asked_for_from_each_state_bring_the_appeal_back_there() -> None:
    for state in ("REGISTERED", "ROUTED", "IN_WORK"):
        before = given(*PATHS[state], routing.DataRequested(missing=("address",), until=DUE))
        before.when(routing.DataProvided()).then(state)


def test_a_breach_is_dated_at_the_due_instant_however_late_it_is_found() -> None:
    before = (registered(), at(START + timedelta(hours=1), deadlines.TermSet(due=DUE)))

    assert given(*before).when(at(DUE, deadlines.Missed(due=DUE))).then("REGISTERED").missed == (DUE,)
    given(*before).when(at(DUE + timedelta(days=1), deadlines.Missed(due=DUE))).refused("dated at the due instant")


def test_a_breach_stays_after_a_late_answer_and_a_late_extension() -> None:
    late = DUE + timedelta(days=1)
    before = given(registered(), deadlines.TermSet(due=DUE), at(late, routing.Answered(outcome="refused")))

    assert before.when(deadlines.Missed(due=DUE)).then("ANSWERED").missed == (DUE,)

    before = given(registered(), deadlines.TermSet(due=DUE), deadlines.Missed(due=DUE))

    assert before.when(at(late, deadlines.ExtensionSigned(due=LATER))).then("REGISTERED").missed == (DUE,)


def test_nothing_happened_to_an_appeal_before_it_was_registered() -> None:
    early = START - timedelta(seconds=1)

    given(registered()).when(at(early, routing.Routed(body="b"))).refused("before the appeal's registration")
    given(registered()).when(at(early, deadlines.Missed(due=early))).refused("before the appeal's registration")
    given(registered()).when(at(START, routing.Routed(body="b"))).then("ROUTED")


def test_events_may_be_registered_in_another_order_than_they_happened() -> None:
    before = (registered(), at(START + timedelta(days=2), routing.Routed(body="b")))

    given(*before).when(at(START + timedelta(days=1), routing.TopicAssigned(topic="t"))).then("ROUTED")
