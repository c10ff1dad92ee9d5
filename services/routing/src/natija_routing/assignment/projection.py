"""The projection of routing: one route per appeal. The fold is `state`."""

from natija_chassis.projections.state_table import StateTable
from natija_routing.assignment import tables
from natija_routing.assignment.state import Route, evolve

ROUTES = StateTable(Route, evolve, tables.routes, service="routing", version=2)


def build() -> StateTable[Route]:
    """The projection of this service, for the chassis."""
    return ROUTES
