"""The terms of appeals on the real stack: set, told, missed, each once, over kills, rebuilds and jumps of the clock."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

from deploy.local.ports import free_port
from tests.eventually import eventually
from tests.integration.deadlines.conftest import SETTLED, Work, short
from tests.signing import key_if_signed
from tests.unit.deadlines.history import at, registered

from natija_events.ids import derived_event_id, new_appeal_number
from natija_events.kafka import Publisher
from natija_events.terms.facts import facts_of
from natija_events.terms.lateness import judge
from natija_events.types.deadlines import Missed, TermSet, Warned
from natija_events.types.routing import Answered, DataRequested, Forwarded, Routed, TopicSuggested
from natija_events.wire.record import RecordedEvent

DUE = at("2026-11-21T00:00+06:00")  # 14 working days after 2 November: Friday the 20th, till midnight
WARN_AT, LATE = "2026-11-17T09:00+06:00", "2026-11-21T00:05:01+06:00"  # the breach waits five minutes
IMPORT = "/registers/old"
APPEALS = 40
LADDER = ["head", "superior", "prosecutor"]


async def test_live_appeal_is_missed(work: Work) -> None:
    """It is routed, gets a term, is warned of and missed as the clock is moved."""
    appeal = await work.register(topic="roads", region="bishkek")
    events = await work.until(appeal, "routed", "term-set")
    (term,) = next(event.data.terms for event in events if isinstance(event.data, TermSet) and event.data.terms)
    assert (term.id, term.due, term.starts) == ("answer-1", DUE, at("2026-11-03T00:00+06:00"))
    assert (term.policy, term.origin.sequence, term.holder) == ("kg-law-67/1", 1, None)
    assert term.extension is not None

    work.move(WARN_AT)
    await work.until(appeal, "warned")
    work.move(LATE)
    events = await work.until(appeal, "missed")

    assert events[-1].time == DUE
    assert events[-1].recordedtime == at(LATE)
    assert sorted(short(events)) == ["missed", "registered", "routed", "term-set", "warned"]

    async def missed() -> dict[str, Any]:  # the log has it first, the service that answers a moment later
        found: dict[str, Any] = await work.get("deadlines", f"/terms/{appeal.lower()}")
        assert found["missed"], found
        return found

    answer = await eventually(missed)
    assert (answer["overdue"], answer["policy"], len(answer["missed"])) == (True, "kg-law-67/1", 1)
    (breach,) = answer["breaches"]
    assert (breach["term"], at(breach["due"]), breach["holder"]) == ("answer-1", DUE, "mayor-bishkek")
    ((step, to, time),) = [(one["step"], one["to"], at(one["time"])) for one in answer["told"]]
    assert (step, to, time) == (1, "executor", at(WARN_AT))
    assert at(answer["last_event"]) == at(LATE)
    (row,) = (await work.get("deadlines", "/breaches?body=mayor-bishkek"))["rows"]
    assert (row["appeal"], row["missed_by"], row["days"], row["working_days"]) == (appeal, "mayor-bishkek", 1, 0)
    command = await work.realm.run("deadlines", "breaches", "--body", "mayor-bishkek", "--format", "json")
    (told,) = command.json()["rows"]
    assert told["told"] == f"answer-1 1 executor {answer['told'][0]['time'].replace('03:00:00Z', '09:00:00+06:00')}"
    table = (await work.realm.run("deadlines", "breaches")).stdout
    assert table.startswith("In breach, as of 2026-11-20T18:05+00:00; newest event 2026-11-20T18:05+00:00\n")
    assert f" {appeal}  2026-11-20     1  mayor-bishkek" in table
    feed = await work.get("deadlines", "/executors/nobody/calendar.ics")
    assert feed.startswith("BEGIN:VCALENDAR")
    assert "of these overdue" in await work.get("deadlines", "/")
    steps = await work.get("deadlines", f"/terms/{appeal}/derivation?language=ru")
    assert steps[0]["code"] == "received"
    assert steps[-1]["text"].endswith("срок answer-1 записан как пропущенный; последний день — 2026-11-20.")


async def test_foreign_ids_silence_no_breach(work: Work) -> None:
    """Ids of decisions can be computed by anybody. Two notes that carry them change nothing."""
    appeal = await work.register(topic="roads", region="bishkek")
    events = await work.until(appeal, "routed", "term-set")
    term_set = next(event.sequence for event in events if isinstance(event.data, TermSet))
    holder = next(f"/desks/{one.data.body}" for one in events if isinstance(one.data, Routed))
    async with Publisher(
        work.realm.servers.kafka, work.realm.name, holder, realm_key=work.realm.public_key, key=key_if_signed(holder)
    ) as desk:
        for type in (Missed.type, Warned.type):
            id = derived_event_id(appeal, type, "answer-1", str(term_set))
            note = desk.event(appeal, work.clock.now(), TopicSuggested(topic="roads", model="m"), id=id)
            assert (await desk.propose(note, wait=30)).registered
    await work.past_due(appeal)
    assert short(await work.until(appeal, "missed")).count("topic-suggested") == 2


async def test_answer_ends_the_term(work: Work) -> None:
    appeal, other = await work.register(topic="health"), await work.register(topic="health")
    events = await work.until(appeal, "routed", "term-set")
    answer = await work.propose(
        appeal, Answered(outcome="explained"), source="/desks/ministry-health", expected=len(events)
    )
    assert answer.registered
    await work.past_due(other)
    await work.until(other, "missed")
    await work.settled()
    assert sorted(short(await work.log(appeal))) == ["answered", "registered", "routed", "term-set"]


async def test_kill_repeats_no_proposal(work: Work) -> None:
    """Both services are killed in the middle of many proposals."""
    before = await work.quiet()
    appeals = await asyncio.gather(*(work.register(topic="energy") for _ in range(30)))
    await work.until(appeals[0], "routed")
    await asyncio.gather(*(work.children[name].kill() for name in ("routing", "deadlines")))
    await work.start("routing", "deadlines")
    for appeal in appeals:
        await work.until(appeal, "routed", "term-set")
    await work.settled()
    each = Counter({"appeal.registered.v1": 30, "appeal.routed.v1": 30, "appeal.term-set.v1": 30})
    assert await work.types() == before + each + SETTLED


async def test_rebuild_repeats_no_proposal(work: Work) -> None:
    """Neither do a kill and a restart after it."""
    appeals = [await work.register(topic="water") for _ in range(3)]
    await work.past_due(*appeals)
    for appeal in appeals:
        await work.until(appeal, "missed")
    before = await work.quiet()

    await asyncio.gather(
        work.realm.run("projection", "rebuild", "routing"), work.realm.run("projection", "rebuild", "deadlines")
    )
    await asyncio.gather(*(work.children[name].kill() for name in ("routing", "deadlines")))
    await work.start("routing", "deadlines")
    await work.settled()

    assert await work.types() == before + SETTLED


async def test_fed_appeal_is_left_to_its_register(work: Work) -> None:
    """The clock records no breach of it until somebody here routes it; then the old due instant was missed."""
    brought = registered("2015-01-01", topic="roads", register_name="old", external_id="1")
    due = TermSet(due=at("2015-02-01"))
    times = {"Registered": "2015-01-01", "TermSet": "2015-01-01", "Answered": "2015-03-01"}
    late, no_term, closed = (new_appeal_number(work.realm.name) for _ in range(3))
    await work.propose(late, brought, due, source=IMPORT, times=times)
    await work.propose(no_term, brought, source=IMPORT, times=times)
    await work.propose(closed, brought, due, Answered(outcome="noted"), source=IMPORT, times=times)
    await work.settled()
    assert short(await work.log(late)) == ["registered", "term-set"]
    assert short(await work.log(no_term)) == ["registered"]
    assert short(await work.log(closed)) == ["registered", "term-set", "answered"]
    found = await work.get("deadlines", f"/terms/{late}")
    assert (found["overdue"], found["missed"]) == (True, [])

    routed = await work.propose(late, Routed(body="ministry-transport"), source="/routers/tests", expected=2)
    assert routed.registered, routed.rejection
    events = await work.until(late, "missed")
    assert (short(events), events[-1].time) == (["registered", "term-set", "routed", "missed"], at("2015-02-01"))


async def test_unrouted_appeal_is_listed(work: Work) -> None:
    """With the reason why no rule finds a body."""
    appeal = await work.register(topic="other", region="naryn")
    await work.settled()
    await work.until(appeal, "term-set")
    assert "routed" not in short(await work.log(appeal))
    found = await work.get("routing", "/unrouted")
    assert (appeal, "no_rule") in [(one["appeal"], one["reason"]) for one in found]
    assert "appeals without a responsible body" in await work.get("routing", "/")
    directory = await work.get("routing", "/directory")
    assert directory["topics"][-1]["id"] == "other"


async def test_missing_term_has_a_reason(work: Work) -> None:
    appeal = new_appeal_number(work.realm.name)
    elsewhere = registered(work.clock.now().isoformat(), topic="health", jurisdiction="US-MA", register_name="old")
    await work.propose(appeal, elsewhere, source=IMPORT)  # only a register names a law of another country
    await work.propose(appeal, Routed(body="ministry-health"), source="/routers/tests", expected=1)  # taken over
    await work.until(appeal, "routed")
    await work.settled()
    assert "term-set" not in short(await work.log(appeal))
    term = await work.get("deadlines", f"/terms/{appeal}")
    assert term["data_missing"].startswith("no policy of US-MA in force on")
    nobody = await work.get("deadlines", "/terms/KG-0000-0000-0000-00")
    assert nobody["errors"][0]["rule"] == "unknown"


async def test_rejected_time_is_proposed_again(work: Work) -> None:
    """At another time, when the clock was moved meanwhile."""
    await work.children["routing"].kill()
    appeal = await work.register(topic="roads")
    await work.until(appeal, "term-set")
    await work.children["registrar"].kill()
    before = await work.proposals()
    await work.start("routing")

    async def proposed() -> bool:  # the decision is on the inbox, dated as of now
        return await work.proposals() > before

    await eventually(proposed, seconds=45)
    work.move(work.clock.now() + timedelta(days=1))
    await work.start("registrar")
    events = await work.until(appeal, "routed")
    assert [event.time for event in events if short([event]) == ["routed"]] == [work.clock.now()]


def told(events: list[RecordedEvent]) -> list[str]:
    """To whom a breach was told, in the order of the log."""
    warned = [event.data for event in events if isinstance(event.data, Warned)]
    return [data.to or "" for data in warned if data.step > 1]


async def test_kill_and_jump_fire_each_timer_once(work: Work) -> None:
    """Deadlines is killed while many terms end at one instant; then the clock jumps over the whole ladder."""
    appeals = [await work.register(topic="water") for _ in range(APPEALS)]
    await work.past_due(*appeals)
    await work.until(appeals[0], "missed")
    await work.children["deadlines"].kill()
    await work.start("deadlines")
    for appeal in appeals:
        await work.until(appeal, "missed")
    work.move(work.clock.now() + timedelta(days=40))
    await eventually(lambda: all(told(work.seen[appeal]) == LADDER for appeal in appeals), seconds=60)
    await work.children["deadlines"].kill()
    await work.realm.run("projection", "rebuild", "deadlines")
    await work.start("deadlines")
    await work.settled()
    for appeal in appeals:
        events = await work.log(appeal)
        assert Counter(type(event.data) for event in events)[Missed] == 1
        assert told(events) == LADDER


async def test_unanswered_request_returns_the_appeal(work: Work) -> None:
    """The expiry is dated at the end of the applicant's term, however late the clock finds it."""
    appeal = await work.register(topic="health")
    events = await work.until(appeal, "routed", "term-set")
    until = work.clock.now() + timedelta(days=3)
    asked = DataRequested(missing=("address",), until=until)
    assert (await work.propose(appeal, asked, source="/desks/ministry-health", expected=len(events))).registered
    await work.until(appeal, "data-requested", "term-set")
    work.move(until + timedelta(days=2))
    events = await work.until(appeal, "data-term-expired")
    assert events[-1].time == until
    await work.settled()
    found = await work.get("deadlines", f"/terms/{appeal}")
    assert (found["state"], found["overdue"]) == ("RETURNED", False)


async def test_late_forward_makes_its_body_late(work: Work) -> None:
    """The body that kept the appeal too long is late, not the next one; the overall term goes on."""
    appeal = await work.register(topic="roads", region="bishkek")
    events = await work.until(appeal, "routed", "term-set")
    holder = next(event.data.body for event in events if isinstance(event.data, Routed))
    work.move(work.clock.now() + timedelta(days=10))
    before = len(events)

    async def forwarded() -> bool:  # the registrar may not have seen yet that the clock was moved
        forward = Forwarded(body="ministry-transport")
        return (await work.propose(appeal, forward, source=f"/desks/{holder}", expected=before)).registered

    await eventually(forwarded)
    events = await work.until(appeal, "forwarded", "missed")
    facts = [fact for event in events for fact in facts_of(event)]
    assert [(one.term, one.holder) for one in judge(facts, at("2100-01-01")).breaches if one.kind == "forward"] == [
        ("forward-1", holder)
    ]
    assert {fact.term for fact in facts if fact.change == "set"} == {"answer-1", "answer-2", "overall-1", "forward-1"}


async def test_two_instances_share_the_timers(work: Work) -> None:
    """Each fires those of its partitions: together every one, and none twice."""
    appeals = [await work.register(topic="energy") for _ in range(20)]
    await work.until(appeals[-1], "term-set")
    await work.realm.serve("deadlines", NATIJA_DEADLINES_PORT=str(free_port()))
    await work.past_due(*appeals)
    for appeal in appeals:
        events = await work.until(appeal, "missed")
        assert short(events).count("missed") == 1
