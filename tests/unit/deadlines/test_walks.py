"""Random lives of appeals, with a clock always at work and with outages: each proposal is admitted, none is missing."""

import pytest
from tests.unit.deadlines.walks import CLOCK, END, Life, live, random_steps

from natija_deadlines.policies.policy import Policies, load_policies
from natija_events.terms.timeline import Timeline

POLICIES = load_policies()
JURISDICTIONS = ("KG", "KZ", "UZ")


def pausing() -> Policies:
    """The laws, if a request for data stopped the terms for the answer."""
    pauses = {"pauses": {"appeal.data-requested": "appeal.data-provided"}}
    found = {}
    for jurisdiction, policies in POLICIES.by_jurisdiction.items():
        found[jurisdiction] = [
            policy.model_copy(
                update={
                    "terms": {
                        name: rule.model_copy(update=pauses) if name in ("answer", "overall") else rule
                        for name, rule in policy.terms.items()
                    }
                }
            )
            for policy in policies
        ]
    return Policies(found, POLICIES.calendars)


def check(life: Life) -> None:
    """Each breach is on the log once, and no event starts two terms of a kind that one holder has once."""
    recorded = [(one.term, one.due) for one in life.facts if one.change == "missed"]
    assert sorted(recorded) == sorted({(one.term, one.due) for one in life.breaches()})
    started = [(term.kind, term.origin.sequence) for term in life.terms if term.kind != "forward"]
    assert len(set(started)) == len(started)
    assert len({term.id for term in life.terms}) == len(life.terms)


def terms(life: Life) -> list[tuple[str, str, str]]:
    """Each term: its kind, the instant from which it counts, and the due instant in force."""
    last = {span.term: span.due for span in Timeline.of(life.facts, END).spans}
    return sorted((one.kind, str(one.origin.instant), str(last[one.id])) for one in life.terms)


def breaches(life: Life) -> list[tuple[str, str, str | None]]:
    return sorted((one.kind, str(one.due), one.holder) for one in life.breaches())


def acts(life: Life) -> list[tuple[str, str]]:
    """The acts of desks. A return after the term for data belongs to the clock, and changes what is lawful then."""
    return [
        (event[0], event[1].type)
        for event in life.events
        if len(event) > 2 and (event[2] != CLOCK or event[1].type == "appeal.data-term-expired.v1")
    ]


def walk(seeds: range, policies: Policies, *, same_breaches: bool = True) -> None:
    for jurisdiction in JURISDICTIONS:
        for seed in seeds:
            steps = random_steps(seed, jurisdiction, fed=seed % 5 if seed % 2 else 0)
            prompt, late = (live(steps, policies, prompt=one) for one in (True, False))
            if not prompt.appeal.fed:
                check(prompt)
            if not late.appeal.fed:
                check(late)
            if acts(prompt) == acts(late):
                assert terms(prompt) == terms(late), (jurisdiction, seed)
                assert not same_breaches or breaches(prompt) == breaches(late), (jurisdiction, seed)


def test_outages_change_no_term() -> None:
    """Of any kind, whoever held the appeal meanwhile: the same terms are set, and the same breaches recorded."""
    walk(range(20), POLICIES)


def test_outages_change_no_paused_term() -> None:
    """After an outage that is longer than the term, a pause in it excuses its end."""
    walk(range(20), pausing(), same_breaches=False)


@pytest.mark.thorough
def test_no_outage_changes_terms() -> None:
    walk(range(20, 400), POLICIES)
    walk(range(20, 400), pausing(), same_breaches=False)
