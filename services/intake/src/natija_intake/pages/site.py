"""The site of intake: its pages, wired."""

from pathlib import Path

from natija_chassis.clock import Clock
from natija_chassis.pages.site import PageLink, Site
from natija_chassis.service_app import ServicePages
from natija_events.reference.data import GetReferenceData
from natija_intake.appeals.service import AppealService
from natija_intake.pages import filing, following
from natija_intake.pages.filing import CheckLimit
from natija_intake.pages.following import GetAddress

SECTIONS = (PageLink(filing.PATH, "File an appeal"), PageLink(following.PATH, "Follow an appeal"))


def build(
    service: AppealService, reference: GetReferenceData, clock: Clock, check_limit: CheckLimit, address_of: GetAddress
) -> ServicePages:
    """The pages of *service*. *check_limit* counts appeals by client, *address_of* tells clients apart."""
    site = Site(Path(__file__).parent, SECTIONS, reference)
    routers = [
        filing.router(site, service, reference, check_limit),
        following.router(site, service, reference, clock, address_of),
    ]
    return ServicePages(site, routers, (*filing.ACCESS, *following.ACCESS))
