"""Routing over HTTP: appeals that wait for a person, and the directory."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.clock import Clock
from natija_chassis.http import problems
from natija_chassis.http.access import access
from natija_chassis.http.parameters import AfterNumber
from natija_routing.assignment import queue
from natija_routing.assignment.decide import decide
from natija_routing.competence.reference import CompetenceData, GetCompetenceData
from natija_routing.competence.rules import NoCompetentBody

UnroutedReason = Literal["no_topic", "no_rule", "complained_of", "original_unknown"]


ACCESS = (
    access("GET", "/unrouted", "official", "operator"),
    access("GET", "/directory", "publisher", "official", "operator", bodies="any"),
)


class Unrouted(BaseModel):
    """An appeal without a responsible body. *reason*: why a person must choose it; null while routing will do so."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    appeal: str
    """The number of the appeal."""
    received: datetime | None
    """The instant of its receipt."""
    topic: str | None
    """The code of its topic, if it has one."""
    region: str | None
    """The code of its region, if it has one."""
    reason: UnroutedReason | None
    """Why a person must choose the body; null while routing will do so."""


class Named(BaseModel):
    """An entry of the directory: its id and its names by language."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: str
    """The code."""
    names: dict[str, str]
    """The official name by language."""


class DirectoryBody(Named):
    """A body: its class, the region of a local one, and the body above it."""

    body_class: str | None
    """The class of the body, such as a ministry."""
    region: str | None
    """The region of a local body."""
    superior: str | None
    """The body above it."""


class DirectoryPage(BaseModel):
    """The directory of the realm, each section in the order of print, with the versions of reference data and rules."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    version: int
    """The version of the reference data."""
    competence: int
    """The version of the competence rules."""
    bodies: list[DirectoryBody]
    """The bodies."""
    topics: list[Named]
    """The topics."""
    regions: list[Named]
    """The regions."""
    channels: list[Named]
    """The channels by which appeals arrive."""


def router(engine: AsyncEngine, competence_data: GetCompetenceData, clock: Clock) -> APIRouter:
    """The paths of routing, on the routes in the database of *engine*."""
    api = APIRouter(tags=["routing"])

    @api.get("/unrouted", responses=problems.responses(422))
    async def unrouted(
        limit: Annotated[int, Query(ge=1, le=1000, description="The maximum number of appeals.")] = 100,
        after: Annotated[AfterNumber, Query(description="Continue after this number.")] = "",
    ) -> list[Unrouted]:
        """Live appeals without a responsible body, by number."""
        async with engine.connect() as connection:
            cases = await queue.unrouted_appeals(connection, after, limit)
        data = competence_data()
        day = data.day(clock.now())
        return [
            Unrouted(
                appeal=case.route.appeal,
                received=case.route.since,
                topic=case.route.topic,
                region=case.route.region,
                reason=_reason(decide(case.route, case.original, day, data.competence, data.bodies)),
            )
            for case in cases
        ]

    @api.get("/directory")
    def directory() -> DirectoryPage:
        """Bodies, topics, regions and channels, with their names."""
        return _directory(competence_data())

    return api


def _reason(found: Any) -> Any:
    return found.reason if isinstance(found, NoCompetentBody) else None


def _directory(data: CompetenceData) -> DirectoryPage:
    known = data.reference

    def named(entries: Any) -> list[Named]:
        return [Named(id=id, names=entry.names) for id, entry in entries.items()]

    return DirectoryPage(
        version=known.version,
        competence=data.competence.version,
        bodies=[
            DirectoryBody(
                id=id, names=dict(body.names), body_class=body.body_class, region=body.region, superior=body.superior
            )
            for id, body in known.bodies.items()
        ],
        topics=named(known.topics),
        regions=named(known.regions),
        channels=named(known.channels),
    )
