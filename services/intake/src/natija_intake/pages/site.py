"""The site of intake: its pages, wired."""

from pathlib import Path

from natija_chassis.clock import Clock
from natija_chassis.pages.site import PageLink, Site
from natija_chassis.service_app import ServicePages
from natija_events.reference.data import GetReferenceData
from natija_intake.appeals.service import AppealService
from natija_intake.following.service import FollowingService
from natija_intake.pages import filing
from natija_intake.pages.clerk import routes as clerk
from natija_intake.pages.filing import CheckLimit
from natija_intake.pages.follow import routes as follow
from natija_intake.pages.follow.routes import GetAddress

SECTIONS = (PageLink(filing.PATH, "File an appeal"), PageLink(follow.PATH, "Follow an appeal"))


def build(
    service: AppealService,
    following: FollowingService,
    reference: GetReferenceData,
    clock: Clock,
    jurisdiction: str,
    check_limit: CheckLimit,
    address_of: GetAddress,
    answers_url: str = "",
) -> ServicePages:
    """The pages of *service*, which registers appeals under the law of *jurisdiction*, and of *following*.

    *check_limit* counts what citizens send by client, *address_of* tells clients apart. At
    *answers_url* browsers reach the answers, if not at the same address.
    """
    site = Site(Path(__file__).parent, SECTIONS, reference)
    routers = [
        filing.router(site, service, reference, check_limit),
        follow.router(site, following, reference, clock, check_limit, address_of, answers_url),
        clerk.router(site, service, reference, clock, jurisdiction),
    ]
    return ServicePages(site, routers, (*filing.ACCESS, *follow.ACCESS, *clerk.ACCESS))
