"""The parts of the pages of the desk, and the visit of an official."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.clock import Clock
from natija_chassis.http.problems import Problem
from natija_chassis.opening.appeal_reader import AppealReader
from natija_chassis.pages.data_age import GetDataAge
from natija_chassis.pages.site import Site
from natija_chassis.sign_in.dependencies import signed_in
from natija_chassis.sign_in.official import Official
from natija_chassis.time_zones import time_zone
from natija_events.reference.data import GetReferenceData, ReferenceData
from natija_events.words import Language
from natija_routing.desk.acts.rules import desk
from natija_routing.desk.acts.service import ActService
from natija_routing.desk.cases.projection import CasesProjection
from natija_routing.desk.cases.queues import QueueDay, Viewer
from natija_routing.desk.pages.names import DeskNames


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskParts:
    """Parts that the routes use."""

    site: Site
    engine: AsyncEngine
    projection: CasesProjection
    reference: GetReferenceData
    reader: AppealReader
    acts: ActService
    clock: Clock
    age: GetDataAge

    def visit(self, request: Request, language: Language) -> "DeskVisit":
        """The visit of the official who sends *request*. Raises `Problem` for somebody without a post."""
        official = signed_in(request)
        if official.body is None:
            raise Problem(403, "You have no post", advice="no-post")
        data = self.reference()
        names = DeskNames(data, language, self.site.words(language))
        return DeskVisit(official, official.body, data, names, self.clock.now())


@dataclass(frozen=True, slots=True)
class DeskVisit:
    """A request of an *official* for their *body*, at the instant *now*."""

    official: Official
    body: str
    data: ReferenceData
    names: DeskNames
    now: datetime

    @property
    def posts(self) -> tuple[str, ...]:
        """The posts for which they act in this body."""
        return tuple(one.post for one in self.official.posts if one.body == self.body)

    @property
    def viewer(self) -> Viewer:
        """The viewer of queues."""
        return Viewer(self.body, self.posts, "router" in self.data.roles(desk(self.body)))

    @property
    def day(self) -> QueueDay:
        """Now, and the end of the local day."""
        zone = time_zone(self.data.zone)
        tomorrow = self.now.astimezone(zone).date() + timedelta(days=1)
        return QueueDay(self.now, datetime.combine(tomorrow, datetime.min.time(), zone))
