"""The site of answers: its one page, wired."""

from pathlib import Path

from natija_chassis.clock import Clock
from natija_chassis.pages.site import PageLink, Site
from natija_chassis.service_app import ServicePages
from natija_events.reference.data import GetReferenceData
from natija_intake.answers import routes
from natija_intake.answers.service import AnswerService
from natija_intake.following.access import AppealAccess
from natija_intake.pages.follow.routes import GetAddress

SECTIONS = (PageLink(routes.PATH, "Read the answer"),)


def build(
    appeals: AppealAccess, service: AnswerService, reference: GetReferenceData, clock: Clock, address_of: GetAddress
) -> ServicePages:
    """The pages on which holders of an access code read what *service* opens. *address_of* tells clients apart."""
    site = Site(Path(__file__).parent, SECTIONS, reference)
    return ServicePages(site, [routes.router(site, appeals, service, reference, clock, address_of)], routes.ACCESS)
