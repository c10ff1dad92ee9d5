"""Routing over HTTP: what waits for a person, and the directory."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.clock import Clock
from natija_routing.assignment import queue
from natija_routing.assignment.decide import decide
from natija_routing.competence.reference import Book
from natija_routing.competence.rules import Nobody

Why = Literal["no_topic", "no_rule", "complained_of", "original_unknown"]


class Unrouted(BaseModel):
    """An appeal nobody is named for. *why* a person must find the body; null while routing is about to do it."""

    appeal: str
    received: datetime | None
    topic: str | None
    region: str | None
    why: Why | None


class Named(BaseModel):
    """An entry of the directory: its id and its names by language."""

    id: str
    names: dict[str, str]


class Body(Named):
    """A body: its class, the region of a local one, and the body above it."""

    body_class: str | None
    region: str | None
    under: str | None


class DirectoryPage(BaseModel):
    """The directory of the realm, each section in the order of print, and the version of the competence rules."""

    realm: str | None
    version: int
    competence: int
    bodies: list[Body]
    topics: list[Named]
    regions: list[Named]
    channels: list[Named]


def router(engine: AsyncEngine, book: Book, clock: Clock) -> APIRouter:
    """The paths of routing, on the routes in the database of *engine*."""
    api = APIRouter(tags=["routing"])
    page = _directory(book)

    @api.get("/unrouted")
    async def unrouted(
        limit: Annotated[int, Query(ge=1, le=1000, description="At most so many.")] = 100,
        after: Annotated[str, Query(description="Go on after this number.")] = "",
    ) -> list[Unrouted]:
        """Live appeals nobody is named for, by number."""
        async with engine.connect() as connection:
            cases = await queue.unrouted(connection, after, limit)
        day = book.day(clock.now())
        return [
            Unrouted(
                appeal=case.route.appeal,
                received=case.route.since,
                topic=case.route.topic,
                region=case.route.region,
                why=_why(decide(case.route, case.original, day, book.competence, book.bodies)),
            )
            for case in cases
        ]

    @api.get("/directory")
    def directory() -> DirectoryPage:
        """Bodies, topics, regions and channels, with their names."""
        return page

    return api


def _why(found: Any) -> Any:
    return found.why if isinstance(found, Nobody) else None


def _directory(book: Book) -> DirectoryPage:
    known = book.directory

    def named(entries: Any) -> list[Named]:
        return [Named(id=id, names=entry.names) for id, entry in entries.items()]

    return DirectoryPage(
        realm=known.realm,
        version=known.version,
        competence=book.competence.version,
        bodies=[
            Body(id=id, names=dict(body.names), body_class=body.body_class, region=body.region, under=body.under)
            for id, body in known.bodies.items()
        ],
        topics=named(known.topics),
        regions=named(known.regions),
        channels=named(known.channels),
    )
