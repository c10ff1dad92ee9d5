"""The one shape of a service: a projection of the log, the proposals it makes, and its HTTP apps."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from natija_chassis.http.access import RouteAccess
from natija_chassis.http.app import create_apps
from natija_chassis.pages import data_age, sections
from natija_chassis.pages.data_age import GetDataAge
from natija_chassis.pages.site import Site
from natija_chassis.postgres.engine import open_engine
from natija_chassis.process.health import Backlog, Health
from natija_chassis.process.run import BackgroundTask, run
from natija_chassis.process_manager import refused_proposals
from natija_chassis.process_manager.manager import ProcessManager
from natija_chassis.process_manager.proposed_event import NextInstant, PendingProposals
from natija_chassis.projections.projection import Projection
from natija_chassis.projections.runner import Runner
from natija_chassis.realm.reference_reader import ReferenceReader
from natija_chassis.settings import Settings
from natija_chassis.sign_in.settings import SignInSettings

MakeRouter = Callable[[AsyncEngine], APIRouter]
MakePages = Callable[[AsyncEngine, GetDataAge], "ServicePages"]
CountBacklog = Callable[[AsyncConnection], Awaitable[Sequence[Backlog]]]


class ServicePages(NamedTuple):
    """The *site* of a service, with the *routers* of its own pages and their *rows* of the access table."""

    site: Site
    routers: Sequence[APIRouter]
    rows: Sequence[RouteAccess]


async def run_service(
    settings: Settings,
    projection: Projection,
    *,
    about: str,
    router: MakeRouter | None = None,
    pages: MakePages | None = None,
    rows: Sequence[RouteAccess] = (),
    backlog: CountBacklog | None = None,
    pending_proposals: PendingProposals | None = None,
    next_instant: NextInstant | None = None,
    prepare: Callable[[AsyncEngine], Awaitable[object]] | None = None,
    reference: ReferenceReader | None = None,
    tasks: Sequence[BackgroundTask] = (),
) -> None:
    """Run the process of *settings* until SIGTERM.

    It applies the log to *projection* and serves *router* on the projection's database, to those whom *rows* of the
    access table admit, and the site of *pages*. With *pending_proposals* it also runs a process manager, with
    *next_instant* and *prepare*. Its page shows *about*, a sentence, and
    *backlog* with the refused proposals. With *reference* it reads reference data, and is not ready without. Where
    *settings* are `SignInSettings`, officials sign in. *tasks* run beside it.
    """
    engine, clock = open_engine(settings, settings.process), settings.injected_clock
    runner = Runner(projection, settings, engine)
    running = [runner.run, *tasks]
    if reference is not None:
        running.append(reference.run)
    if pending_proposals is not None:
        manager = ProcessManager(
            settings, engine, runner, pending_proposals, next_instant=next_instant,
            prepare=None if prepare is None else lambda: prepare(engine),
        )  # fmt: skip
        running.append(manager.run)

    async def count_backlog() -> Sequence[Backlog]:
        async with engine.connect() as connection:
            found = [] if backlog is None else [*await backlog(connection)]
            if pending_proposals is not None:
                found.append(Backlog("refused proposals", await refused_proposals.count(connection)))
            return found

    def health() -> Health:
        found = runner.progress.health()
        return found if reference is None else reference.health(found)

    routers = [] if router is None else [router(engine)]
    made = None if pages is None else pages(engine, lambda: data_age.of_projection(runner.progress, clock))
    if made is not None:
        made.site.show_others(sections.parse(settings.sites))
        routers, rows = [*made.routers, made.site.router(), *routers], [*rows, *made.rows, *made.site.rows]
    sign_in = None
    if isinstance(settings, SignInSettings) and reference is not None:
        from natija_chassis.sign_in import parts  # with it come an HTTP client and its libraries

        sign_in = parts.make(settings, engine, reference.now, None if made is None else made.site)
    apps = create_apps(
        settings,
        title=settings.process,
        about=about,
        health=health,
        backlog=count_backlog,
        routers=routers if sign_in is None else [*routers, sign_in.router],
        rows=rows if sign_in is None else [*rows, *sign_in.rows],
        more_authenticators=[] if sign_in is None else [sign_in.authenticate],
        error_page=None if made is None else made.site.error_page,
    )
    try:
        await run(apps, settings, running)
    finally:
        await engine.dispose()
