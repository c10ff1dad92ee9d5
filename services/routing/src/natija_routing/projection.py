"""The projection of routing: one route an appeal. The fold itself is `routes`, which is pure."""

from natija_chassis.row_per_appeal import RowPerAppeal
from natija_routing import tables
from natija_routing.routes import Route, step

ROUTES = RowPerAppeal(Route, step, tables.routes, service="routing", version=1)


def build() -> RowPerAppeal[Route]:
    """The projection of this service, for the chassis."""
    return ROUTES
