"""The rule of a policy for one kind of term: the events that start, pause and end it, its length, its consequences."""

from collections.abc import Mapping
from datetime import time as time_of_day
from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from natija_events.types.deadlines import Addressee, Expiry, ExtensionRole, TermEvent
from natija_terms.arithmetic import CountFrom, Counting, FirstDay, TermLength, Unit

StartEvent = Literal[
    "appeal.registered", "appeal.reopened", "appeal.forwarded", "appeal.forwarded-in-part", "appeal.data-requested",
    "appeal.data-provided", "appeal.term-extended", "appeal.preliminary-decision-sent", "appeal.answered",
    "appeal.returned", "appeal.data-term-expired", "appeal.left-without-consideration", "appeal.review-terminated",
    "appeal.missed",
]  # fmt: skip
"""Events that can start a term: types without their version. `appeal.missed` is a deemed refusal."""
STARTS: frozenset[str] = frozenset(get_args(StartEvent))

PauseEvent = Literal["appeal.data-requested", "appeal.hearing-scheduled", "appeal.court-noted"]
ResumeEvent = Literal["appeal.data-provided", "appeal.hearing-held", "appeal.court-closed"]
RESUMES: Mapping[PauseEvent, ResumeEvent] = dict(zip(get_args(PauseEvent), get_args(ResumeEvent), strict=True))
"""By event that pauses a term, the one that lets it run on."""

Since = Literal["event", "holding", "receipt"]
"""The instant from which a term counts: its start event; that by which the body got the appeal; or the receipt."""
Due = Literal["counted", "requested", "first-answer"]
"""The due instant: counted by the calendar, named by the start event, or that of the first term for the answer."""


class RuleData(BaseModel):
    """A part of a policy's file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LengthRule(RuleData):
    """The length for a kind of appeal, for a country's own type of it, or (neither named) for all others."""

    amount: int = Field(ge=1)
    unit: Unit
    kind: str | None = None
    country_type: str | None = None

    @property
    def length(self) -> TermLength:
        return TermLength(self.amount, self.unit)

    def applies_to(self, kind: str, country_type: str | None) -> bool:
        return self.kind in (None, kind) and self.country_type in (None, country_type)

    @property
    def specificity(self) -> tuple[bool, bool]:
        """A type is more specific than a kind."""
        return self.country_type is not None, self.kind is not None


class ExtensionRule(RuleData):
    """How far a term may be extended: an amount after its due day, or after the day of receipt."""

    amount: int = Field(ge=1)
    unit: Unit
    counts_from: Literal["due", "received"] = "due"
    times: int = Field(default=1, ge=1, le=9)
    roles: Annotated[tuple[ExtensionRole, ...], Field(min_length=1)] = ("desk",)

    @property
    def length(self) -> TermLength:
        return TermLength(self.amount, self.unit)


class WarningStep(RuleData):
    """A step of the escalation ladder: who is told, and when. *share*: percent of the term that have passed."""

    to: Addressee
    before: TermLength | None = None
    share: Annotated[int, Field(ge=1, le=99)] | None = None
    after: TermLength | None = None

    @model_validator(mode="after")
    def _has_one_time(self) -> Self:
        if sum(one is not None for one in (self.before, self.share, self.after)) != 1:
            raise ValueError("needs one of before, share and after")
        if self.before is not None and self.before.unit == "month":
            raise ValueError("before: is counted in days")
        return self


class TermRule(RuleData):
    """The rule for one kind of term.

    *since* other than `event`: nobody must do what ends the term, but who does it must be in time. So the term is set
    by the event that ends it, and only when that is late. *counting* fields that are left out are the policy's.
    """

    starts_on: Annotated[tuple[StartEvent, ...], Field(min_length=1)]
    ends_on: Annotated[tuple[TermEvent, ...], Field(min_length=1, max_length=8)]
    pauses: Mapping[PauseEvent, ResumeEvent] = {}
    holder: Literal["body", "applicant"] = "body"
    since: Since = "event"
    due: Due = "counted"
    lengths: tuple[LengthRule, ...] = ()
    first_day: FirstDay | None = None
    count_from: CountFrom | None = None
    cut_off: time_of_day | None = None
    move_due: bool | None = None
    expiry: Expiry = "breach"
    extension: ExtensionRule | None = None
    warnings: tuple[WarningStep, ...] = ()

    def counting(self, usual: Counting) -> Counting:
        """The counting of the policy, with what is this rule's own."""
        return Counting(
            usual.first_day if self.first_day is None else self.first_day,
            usual.count_from if self.count_from is None else self.count_from,
            usual.cut_off if self.cut_off is None else self.cut_off,
            usual.move_due if self.move_due is None else self.move_due,
        )

    def length(self, kind: str, country_type: str | None) -> TermLength:
        """The most specific length."""
        found = (rule for rule in self.lengths if rule.applies_to(kind, country_type))
        return max(found, key=lambda rule: rule.specificity).length

    @model_validator(mode="after")
    def _every_appeal_has_a_length(self) -> Self:
        named = [(rule.kind, rule.country_type) for rule in self.lengths]
        if self.due != "counted":
            if named:
                raise ValueError(f"lengths: a term that is {self.due} has none")
        elif (None, None) not in named or len(set(named)) < len(named):
            raise ValueError("lengths: needs one entry without kind and country_type, and no duplicates")
        return self

    @model_validator(mode="after")
    def _pauses_and_warnings_are_in_order(self) -> Self:
        for pause, resume in self.pauses.items():
            if RESUMES[pause] != resume:
                raise ValueError(f"pauses: {pause} is over with {RESUMES[pause]}")
        late = [step.after is not None for step in self.warnings]
        if late != sorted(late):
            raise ValueError("warnings: those after the term come last")
        return self
