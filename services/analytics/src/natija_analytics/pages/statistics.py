"""The statistics page, and its tables as files: what everybody may know of the register."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import URL

from natija_analytics.pages import files
from natija_analytics.pages.choices import FigureChoices
from natija_analytics.pages.files import TableName
from natija_analytics.pages.pickers import Pickers
from natija_analytics.pages.snapshots import Filter
from natija_analytics.pages.view import StatisticsView
from natija_chassis.http import problems
from natija_chassis.http.access import access
from natija_chassis.http.known_query import takes_any_query
from natija_chassis.pages.languages import PREFIX, PageLanguage
from natija_chassis.pages.site import PageLink, Site

SECTIONS = (PageLink("/statistics", "Statistics"),)
_PAGE, _FILE = f"{PREFIX}/statistics", f"{PREFIX}/statistics/{{table}}"
ACCESS = (
    access("GET", _PAGE, "public", bodies="any"),
    *(access("GET", f"{_FILE}.{format}", "public", bodies="any") for format in ("csv", "json")),
)
YearQuery = Annotated[str, Query(max_length=4, description="A year. Default: the year of the last appeal.")]
PartQuery = Annotated[
    str, Query(max_length=2, description="H1, H2, Q1 to Q4, or a month as 03. Default: the whole year.")
]
_Region = Annotated[str, Query(max_length=64, description="Id of a region. Default: all.")]
_Body = Annotated[str, Query(max_length=64, description="Id of a body. Default: all.")]
_Table = Annotated[TableName, Path(description="A table of the statistics page.")]


class CsvResponse(Response):
    """CSV, as the OpenAPI document names it."""

    media_type = "text/csv"


def router(site: Site, choices: FigureChoices) -> APIRouter:
    """The routes of the page. The files are also an API, so the OpenAPI document has them."""
    pages = APIRouter(tags=["statistics"])
    snapshots, reference = choices.snapshots, choices.reference

    async def read(year: str, part: str, region: str, body: str) -> Filter:
        period = await choices.period(year, part)
        choices.check_region(region)
        choices.check_body(body)
        return Filter(period, region, body)

    @pages.get(_PAGE, include_in_schema=False)
    @takes_any_query
    async def get_statistics(
        request: Request, language: PageLanguage, year: YearQuery = "", part: PartQuery = "", region: _Region = "",
        body: _Body = "",
    ) -> Response:  # fmt: skip
        chosen = await read(year, part, region, body)
        snapshot, known = await snapshots.get(chosen), reference()
        formats, words = site.formats(language), site.words(language)
        view = None if snapshot is None else StatisticsView(snapshot, known, formats, words)
        pickers = Pickers(await choices.years(), known, formats, words)
        return site.page(
            request, language, "statistics.html", age=snapshot and snapshot.age, view=view, chosen=chosen,
            pickers=pickers, query=_query(chosen),
            compare_query=_query(chosen._replace(body="")),
        )  # fmt: skip

    @pages.get(f"{_FILE}.csv", response_class=CsvResponse, responses=problems.responses(404, 422, 503))
    async def get_statistics_csv(
        language: PageLanguage, table: _Table, year: YearQuery = "", part: PartQuery = "", region: _Region = "",
        body: _Body = "",
    ) -> Response:  # fmt: skip
        """A table of the statistics page as CSV. Counts of 1 to 4 are hidden."""
        snapshot = await choices.computed(await read(year, part, region, body))
        rows = files.records(table, snapshot, reference(), language)
        name = f"natija-{table}-{snapshot.filter.period.code}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return CsvResponse(files.to_csv(rows), headers=headers)

    @pages.get(f"{_FILE}.json", responses=problems.responses(404, 422, 503))
    async def get_statistics_json(
        language: PageLanguage, table: _Table, year: YearQuery = "", part: PartQuery = "", region: _Region = "",
        body: _Body = "",
    ) -> JSONResponse:  # fmt: skip
        """A table of the statistics page as JSON. Counts of 1 to 4 are hidden."""
        snapshot = await choices.computed(await read(year, part, region, body))
        rows = files.records(table, snapshot, reference(), language)
        return JSONResponse(files.to_json(table, snapshot, reference().zone, rows))

    return pages


def _query(chosen: Filter) -> str:
    """The query of a link to the same choice."""
    given = {"year": chosen.period.year, "part": chosen.period.part, "region": chosen.region, "body": chosen.body}
    return "?" + URL("").include_query_params(**{name: value for name, value in given.items() if value}).query
