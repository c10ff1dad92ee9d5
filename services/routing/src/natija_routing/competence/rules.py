"""Competence rules as dated data, and the pure function that applies them.

A rule says that a body is competent for a topic, in one region or in all. The most specific rule wins. No rule may
send an appeal to the body it complains of, or to a body below it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from natija_chassis.realm import yaml_file
from natija_events.reference.data import ReferenceData


class Rule(BaseModel):
    """*body* is competent for *topic*, in *region* or, without one, everywhere, from *valid_from* to *valid_to*."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    topic: str
    region: str | None = None
    body: str
    valid_from: date = date.min
    valid_to: date = date.max

    def covers(self, topic: str, region: str | None, day: date) -> bool:
        return self.topic == topic and self.region in (None, region) and self.valid_from <= day <= self.valid_to


class Competence(BaseModel):
    """The rules of a realm, with a version that events cite."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = Field(ge=1)
    rules: tuple[Rule, ...]

    @model_validator(mode="after")
    def _one_rule_an_id_and_one_a_case(self) -> Self:
        if len({rule.id for rule in self.rules}) < len(self.rules):
            raise ValueError("rules: an id occurs twice")
        cases: dict[tuple[str, str | None], list[Rule]] = {}
        for rule in self.rules:
            same = cases.setdefault((rule.topic, rule.region), [])
            if any(rule.valid_from <= other.valid_to and other.valid_from <= rule.valid_to for other in same):
                raise ValueError(f"rules: {rule.id} and another are in force for the same case on the same day")
            same.append(rule)
        return self


class Matter(NamedTuple):
    """The facts that decide about competence. *complained_of*: bodies that may not judge, because the appeal is about
    them."""

    topic: str | None
    region: str | None
    complained_of: tuple[str, ...] = ()


class Competent(NamedTuple):
    """The body that must answer, and by which rule, as the event cites it."""

    body: str
    rule: str


class NoCompetentBody(NamedTuple):
    """No rule finds a body: a person must. *reason* is a code: no_topic, no_rule, complained_of or original_unknown."""

    reason: str


class Bodies(NamedTuple):
    """The hierarchy of bodies: each body's superior, by id, where it has one."""

    superior: Mapping[str, str | None]

    def above(self, body: str) -> Iterable[str]:
        """The superiors of *body*, the nearest first."""
        seen = {body}
        while (above := self.superior.get(body)) is not None and above not in seen:
            seen.add(above)
            yield above
            body = above


def find_competent_body(
    matter: Matter, day: date, competence: Competence, bodies: Bodies
) -> Competent | NoCompetentBody:
    """The responsible body for *matter* by the rules of *day*: that of the most specific rule, if it may judge.

    If no such body may judge, it is the nearest superior of the most specific one that may.
    """
    if matter.topic is None:
        return NoCompetentBody("no_topic")
    rules = _matching(competence.rules, matter.topic, matter.region, day)
    if not rules:
        return NoCompetentBody("no_rule")
    for rule in rules:
        if _may_judge(rule.body, matter, bodies):
            return Competent(rule.body, f"{rule.id}/{competence.version}")
    for above in bodies.above(rules[0].body):
        if _may_judge(above, matter, bodies):
            return Competent(above, f"{rules[0].id}/{competence.version}/superior")
    return NoCompetentBody("complained_of")


def _matching(rules: Sequence[Rule], topic: str, region: str | None, day: date) -> list[Rule]:
    return sorted((rule for rule in rules if rule.covers(topic, region, day)), key=lambda rule: rule.region is None)


def _may_judge(body: str, matter: Matter, bodies: Bodies) -> bool:
    return not any(of == body or of in bodies.above(body) for of in matter.complained_of)


def load_competence(path: Path) -> Competence:
    """Read a file of rules (YAML). Raises `FileError`."""
    return yaml_file.load(path, Competence, "NATIJA_COMPETENCE")


def check_ids(path: Path, competence: Competence, reference: ReferenceData) -> None:
    """Raise `FileError` for the first rule of the file at *path* that names an id which *reference* lacks."""
    for index, rule in enumerate(competence.rules):
        named = {"topics": ("topic", rule.topic), "regions": ("region", rule.region), "bodies": ("body", rule.body)}
        for section, (field, id) in named.items():
            if id is not None and id not in getattr(reference, section):
                reason = f"{rule.id} names {id}, which is not among the realm's {section}"
                raise yaml_file.error_at(path, ("rules", index, field), reason)
