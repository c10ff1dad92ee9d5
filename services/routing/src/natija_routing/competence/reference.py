"""The data of competence: the rules of the realm's file, and the bodies and codes of its reference data."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from natija_chassis.time_zones import time_zone
from natija_events.reference.data import ReferenceData
from natija_routing.competence import rules
from natija_routing.competence.rules import Bodies, Competence
from natija_routing.settings import RoutingSettings


@dataclass(frozen=True, slots=True)
class CompetenceData:
    """The rules, the *reference* data, and the hierarchy of bodies that it draws."""

    competence: Competence
    reference: ReferenceData
    bodies: Bodies

    def day(self, now: datetime) -> date:
        """The local day of the aware instant *now*: rules are in force by days."""
        return now.astimezone(time_zone(self.reference.zone)).date()


GetCompetenceData = Callable[[], CompetenceData]
"""Gives the data in force now. Raises `ReferenceDataMissing`."""


def load(settings: RoutingSettings) -> Competence:
    """The rules of the realm's file. Without it there is no rule, and every appeal waits for a person.

    Raises `FileError`.
    """
    file = settings.competence_file
    return Competence(version=1, rules=()) if file is None else rules.load_competence(file)


def check(settings: RoutingSettings, competence: Competence, reference: ReferenceData) -> None:
    """Raise `FileError` when a rule names an id that *reference* lacks."""
    file = settings.competence_file
    if file is not None:
        rules.check_ids(file, competence, reference)


def with_reference(competence: Competence, reference: ReferenceData) -> CompetenceData:
    """The data of *competence* under *reference*."""
    bodies = Bodies({id: body.superior for id, body in reference.bodies.items()})
    return CompetenceData(competence, reference, bodies)
