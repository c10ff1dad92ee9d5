"""The projection of routing: one route an appeal. The fold itself is `routes`, which is pure."""

from natija_chassis.projections.state_table import StateTable
from natija_routing.assignment import tables
from natija_routing.assignment.state import Route, evolve

ROUTES = StateTable(Route, evolve, tables.routes, service="routing", version=1)


def build() -> StateTable[Route]:
    """The projection of this service, for the chassis."""
    return ROUTES
