"""The site of the desk: its pages, wired."""

from collections.abc import Callable
from pathlib import Path

from natija_chassis.pages.site import PageLink, Site
from natija_chassis.service_app import ServicePages
from natija_events.reference.data import GetReferenceData
from natija_routing.desk.pages import case_pages, queue_pages
from natija_routing.desk.pages.parts import DeskParts

SECTIONS = (PageLink(queue_pages.PATH, "Appeals"),)


def build(reference: GetReferenceData, make_parts: Callable[[Site], DeskParts]) -> ServicePages:
    """The pages of the desk, made of the parts that *make_parts* gives."""
    parts = make_parts(Site(Path(__file__).parent, SECTIONS, reference))
    routers = [queue_pages.router(parts), case_pages.router(parts)]
    return ServicePages(parts.site, routers, (*queue_pages.ACCESS, *case_pages.ACCESS))
