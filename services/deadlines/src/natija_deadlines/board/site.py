"""The site of deadlines: the control board, wired."""

from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.clock import Clock
from natija_chassis.pages.data_age import GetDataAge
from natija_chassis.pages.site import Site
from natija_chassis.service_app import ServicePages
from natija_deadlines.board import routes, what_if_routes
from natija_deadlines.terms.projection import TermsProjection
from natija_events.reference.data import GetReferenceData


def build(
    engine: AsyncEngine, projection: TermsProjection, reference: GetReferenceData, clock: Clock, age: GetDataAge
) -> ServicePages:
    """The pages on the terms in the database of *engine*."""
    site = Site(Path(__file__).parent, routes.SECTIONS, reference)
    board = routes.Board(site, engine, projection, reference, clock, age)
    return ServicePages(site, [routes.router(board), what_if_routes.router(board)], routes.ACCESS)
