"""The choices that the forms of acts offer, named in the language of the page."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from natija_chassis.pages.catalogs import GetText
from natija_chassis.pages.formats import Formats
from natija_chassis.pages.languages import NAMES
from natija_routing.desk.acts import forms
from natija_routing.desk.cases.state import Case
from natija_routing.desk.pages.parts import DeskVisit

NamedChoices = Sequence[tuple[str, str]]
"""Values with their names."""


class ActChoices(NamedTuple):
    """The values of each field that is chosen from a list."""

    body: NamedChoices
    executor: NamedChoices
    outcome: NamedChoices
    reason: NamedChoices
    grounds: NamedChoices
    language: NamedChoices
    missing: NamedChoices


def choices(visit: DeskVisit, case: Case, formats: Formats) -> ActChoices:
    """Those for an act of *visit* on *case*."""
    names, data = visit.names, visit.data
    about = [] if case.complained_of is None else [case.complained_of]
    bodies = [(id, names.body(id)) for id in forms.receivers(data, about)]
    return ActChoices(
        body=formats.sort(bodies, lambda one: one[1]),
        executor=[(id, names.post(id)) for id in forms.posts_of(visit.body, data) if id != case.executor],
        outcome=[(one, names.word("outcome", one)) for one in forms.OUTCOMES],
        reason=[(one, names.word("reason", one)) for one in forms.REASONS],
        grounds=[(one, names.word("reason", one)) for one in forms.GROUNDS],
        language=[(one, name) for one, name in NAMES.items() if one in data.languages],
        missing=[(one, names.missing(one)) for one in forms.MISSING],
    )


def labels(words: GetText) -> Mapping[str, str]:
    """The names of the fields, in their order."""
    return {
        "body": words("Body"), "executor": words("Official in charge"), "outcome": words("Outcome"),
        "reason": words("Reason"), "language": words("Language of the answer"), "missing": words("What is missing"),
        "day": words("Last day"), "text": words("Text"),
    }  # fmt: skip
