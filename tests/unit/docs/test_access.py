"""Every route of every process is in the access table, and docs/operations.md shows the table."""

from collections.abc import Iterator

import pytest
from tests.apps import ALL, MakeApps
from tests.guides import REPOSITORY

from natija_chassis.http.access import routes
from natija_chassis.http.app import HEALTH, MANAGEMENT
from natija_chassis.services import service_infos
from natija_chassis.sign_in.routes import ACCESS as SIGN_IN_ROUTES

HEADING = "\n### Access to routes\n"
OF_PAGES = {
    "GET /static/{name}", "GET /favicon.ico", "POST /{language:language}/display", "GET /statistics",
    "GET /desk", "GET /{language:language}/sign-out",
    "GET /{language:language}/statistics", "GET /{language:language}/statistics/{table}.csv",
    "GET /{language:language}/statistics/compare", "GET /{language:language}/statistics/compare/{table}.csv",
    "GET /{language:language}/statistics/compare/{table}.json",
    "GET /{language:language}/statistics/{table}.json", "GET /file", "GET /follow", "GET /{language:language}/file",
    "GET /{language:language}/file/form", "POST /{language:language}/file/form", "GET /{language:language}/follow",
    "POST /{language:language}/follow",
    "GET /answer", "GET /{language:language}/answer", "POST /{language:language}/answer",  # with the access code
    "GET /board", "GET /board/breaches", "GET /board/what-if",  # to the page in the language of the browser
}  # fmt: skip
"""Pages for everybody, and what each page needs."""
SHOWS = {"any": "no appeals", "own": "its own appeals", "all": "appeals of all bodies"}


def rows() -> Iterator[str]:
    """A row of the page for each row of the table."""
    for process, make in ALL.items():
        for one in make().api.state.access_table.rows:
            if one is not HEALTH:
                roles = "everybody" if one.is_public else ", ".join(sorted(one.roles))
                shows = "" if one.is_public else SHOWS[one.bodies]
                yield f"| {process} | `{one.method} {one.path}` | {roles} | {shows} | {one.max_body or ''} |"


def test_every_process_is_walked() -> None:
    assert set(ALL) == {info.name for info in service_infos()}


@pytest.mark.parametrize("make", ALL.values(), ids=list(ALL))
def test_every_route_has_access(make: MakeApps) -> None:
    """The routes as FastAPI serves them are those of the table, in the API and in the management app."""
    apps = make()
    assert set(routes(apps.api)) == {(one.method, one.path) for one in apps.api.state.access_table.rows}
    assert set(routes(apps.management)) == {(one.method, one.path) for one in MANAGEMENT}


@pytest.mark.parametrize("make", ALL.values(), ids=list(ALL))
def test_public_routes_are_known(make: MakeApps) -> None:
    """A citizen sends an appeal and asks for its status. Anybody reads the contract and sums, and may sign in.

    All else needs a key or a session.
    """
    public = {f"{one.method} {one.path}" for one in make().api.state.access_table.rows if one.is_public}
    of_citizens = {"POST /appeals", "POST /appeals/status", "GET /appeals/{number}"}
    sign_in = {f"{one.method} {one.path}" for one in SIGN_IN_ROUTES if one.is_public}
    assert public <= {"GET /health", "GET /contract/asyncapi.json", "GET /contract/schemas/{name:path}"} | (
        of_citizens | OF_PAGES | sign_in
    )


def test_operations_lists_every_route() -> None:
    page = (REPOSITORY / "docs" / "operations.md").read_text().partition(HEADING)[2].partition("\n### ")[0]
    expected = list(rows())
    assert [line for line in page.splitlines() if "| `" in line] == expected, "\n".join(expected)
