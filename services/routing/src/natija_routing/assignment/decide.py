"""The proposed body of an appeal. Pure: a function of a route, the appeal it complains of, a day and the rules."""

from datetime import date
from typing import NamedTuple

from natija_events.types.routing import Routed
from natija_routing.assignment.state import Route
from natija_routing.competence.rules import Bodies, Competence, Competent, Matter, NoCompetentBody, find_competent_body


class Original(NamedTuple):
    """The appeal whose handling is complained of: the *body* that held it, if one did."""

    body: str | None


def decide(
    route: Route, original: Original | None, day: date, competence: Competence, bodies: Bodies
) -> Routed | NoCompetentBody | None:
    """The `Routed` to propose for *route* by the rules of the local *day*, or why a person must find the body.

    None when there is nothing to decide. *original* is the appeal that `route.complaint_of` names, None when it is
    unknown here: then no body can be excluded.
    """
    if route.imported or not route.unrouted:
        return None
    if route.complaint_of is not None and original is None and route.complained_of is None:
        return NoCompetentBody("original_unknown")
    named = (route.complained_of, original.body if original else None)
    complained_of = tuple(body for body in named if body is not None)
    found = find_competent_body(Matter(route.topic, route.region, complained_of), day, competence, bodies)
    return Routed(body=found.body, rule=found.rule) if isinstance(found, Competent) else found
