"""The derivation of a deadline: which steps it has, and their words in five languages."""

import re
from datetime import datetime
from typing import get_args

import pytest

from natija_deadlines.policies.policy import load_policies
from natija_events.words import LANGUAGES
from natija_terms.derivation import Step, StepCode, _sentences, derive

POLICIES = load_policies()


def steps(jurisdiction: str, received: str, kind: str = "application", country_type: str | None = None) -> list[Step]:
    at = datetime.fromisoformat(received)
    found = POLICIES.deadline(jurisdiction, kind, at, country_type)
    length = found.policy.term(kind, country_type)
    return list(derive(at, length, found.policy.counting, found.calendar, found.deadline))


def test_each_step_is_told() -> None:
    """Kyrgyzstan, over the holidays of January 2026 and the decree of 26.12.2025."""
    assert [step.text("en") for step in steps("KG", "2025-12-19T10:00+06:00")] == [
        "Received on 2025-12-19 at 10:00, Asia/Bishkek time.",
        "Registered on the same day, 2025-12-19: a working day, before the end of the hours.",
        "The first day that counts is the next one, 2025-12-22.",
        "Working days: 14.",
        "Days of weekends, which do not count: 6.",
        "Does not count: 2026-01-01, New Year's Day.",
        "Does not count: 2026-01-02 – 2026-01-06, New Year Holidays.",
        "Does not count: 2026-01-07, Christmas Day.",
        "Does not count: 2026-01-08 – 2026-01-09, New Year Holidays.",
        "The last day is 2026-01-19. The term ends at its 24:00, Asia/Bishkek time (2026-01-19 18:00 UTC).",
    ]


@pytest.mark.parametrize(
    ("jurisdiction", "received", "kind", "country_type", "code", "values"),
    [
        ("KZ", "2022-02-14T18:30+06:00", "application", None, "registered_after_hours",
         {"day": "2022-02-15", "cut_off": "18:30"}),
        ("KZ", "2022-03-06T10:00+06:00", "application", None, "registered_after_day_off",
         {"day": "2022-03-09", "why": "weekend"}),
        ("KZ", "2026-03-17T10:00+05:00", "request", "notary-request", "length_calendar", {"amount": "10"}),
        ("KZ", "2026-03-18T10:00+05:00", "request", "notary-request", "moved",
         {"from": "2026-03-28", "to": "2026-03-30", "why": "weekend"}),
        ("UZ", "2021-07-23T10:00+05:00", "application", None, "counts_from_receipt", {"day": "2021-07-23"}),
        ("KG", "2026-11-30T10:00+06:00", "application", None, "provisional", {"year": "2026"}),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)  # fmt: skip
def test_step_has_its_values(
    jurisdiction: str, received: str, kind: str, country_type: str | None, code: StepCode, values: dict[str, str]
) -> None:
    assert Step(code, values) in steps(jurisdiction, received, kind, country_type)


def test_sentences_have_every_language() -> None:
    """With the same values in each."""
    assert set(_sentences()) == set(get_args(StepCode))
    for code, sentences in _sentences().items():
        assert set(sentences) == set(LANGUAGES), code
        assert len({frozenset(re.findall(r"{\w+}", text)) for text in sentences.values()}) == 1, code
