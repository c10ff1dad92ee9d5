"""The reference data of routing: the realm's directory and competence rules, read once at the start."""

from dataclasses import dataclass
from datetime import date, datetime

from natija_chassis.realm import directory
from natija_chassis.realm.directory import Directory
from natija_chassis.time_zones import time_zone
from natija_routing.competence import rules
from natija_routing.competence.rules import Bodies, Competence
from natija_routing.settings import RoutingSettings


@dataclass(frozen=True, slots=True)
class CompetenceData:
    """The directory, the rules, and the hierarchy of bodies that the directory draws."""

    directory: Directory
    competence: Competence
    bodies: Bodies

    def day(self, now: datetime) -> date:
        """The local day of the aware instant *now*: rules are in force by days."""
        return now.astimezone(time_zone(self.directory.zone)).date()


def load(settings: RoutingSettings) -> CompetenceData:
    """Read both files. Without them there is no rule, and every appeal waits for a person.

    Raises `FileError`.
    """
    known = directory.load_directory(settings.directory)
    file = settings.competence_file
    ids = {"topics": known.topics, "regions": known.regions, "bodies": known.bodies}
    competence = rules.load_competence(file, ids) if file is not None else Competence(version=1, rules=())
    return CompetenceData(known, competence, Bodies({id: body.superior for id, body in known.bodies.items()}))
