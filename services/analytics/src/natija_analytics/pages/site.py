"""The site of analytics: its pages, wired."""

from pathlib import Path

from natija_analytics.pages import compare, statistics
from natija_analytics.pages.choices import FigureChoices
from natija_analytics.pages.snapshots import Snapshots
from natija_chassis.clock import Clock
from natija_chassis.pages.site import Site
from natija_chassis.service_app import ServicePages
from natija_events.reference.data import GetReferenceData


def build(snapshots: Snapshots, reference: GetReferenceData, clock: Clock) -> ServicePages:
    """The pages of analytics, which show *snapshots*."""
    site = Site(Path(__file__).parent, statistics.SECTIONS, reference)
    choices = FigureChoices(snapshots, reference, clock)
    routers = [compare.router(site, choices), statistics.router(site, choices)]
    return ServicePages(site, routers, (*statistics.ACCESS, *compare.ACCESS))
