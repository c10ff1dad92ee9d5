"""The page that shows two regions side by side, and its tables as files."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import URL

from natija_analytics.pages import comparison, files
from natija_analytics.pages.choices import FigureChoices
from natija_analytics.pages.compare_view import CompareView
from natija_analytics.pages.comparison import ComparedName, Pair
from natija_analytics.pages.periods import PublicPeriod
from natija_analytics.pages.pickers import Pickers
from natija_analytics.pages.snapshots import Filter
from natija_analytics.pages.statistics import CsvResponse, PartQuery, YearQuery
from natija_chassis.http import problems
from natija_chassis.http.access import access
from natija_chassis.http.known_query import takes_any_query
from natija_chassis.pages.languages import PREFIX, PageLanguage
from natija_chassis.pages.site import Site

_PAGE, _FILE = f"{PREFIX}/statistics/compare", f"{PREFIX}/statistics/compare/{{table}}"
ACCESS = (
    access("GET", _PAGE, "public", bodies="any"),
    *(access("GET", f"{_FILE}.{format}", "public", bodies="any") for format in ("csv", "json")),
)
_Region = Annotated[str, Query(max_length=64, description="Id of a region.")]
_With = Annotated[str, Query(alias="with", max_length=64, description="Id of the region to compare it with.")]
_Table = Annotated[ComparedName, Path(description="A table of the page.")]


def router(site: Site, choices: FigureChoices) -> APIRouter:
    """The routes of the page. The files are also an API, so the OpenAPI document has them."""
    pages = APIRouter(tags=["statistics"])

    async def computed(year: str, part: str, region: str, other: str) -> Pair:
        period = await choices.period(year, part)
        if not region or not other or region == other:
            raise problems.invalid_field("with", "two", "must name another region than `region` does")
        choices.check_region(region)
        choices.check_region(other, "with")
        return Pair(*[await choices.computed(Filter(period, one)) for one in (region, other)])

    @pages.get(_PAGE, include_in_schema=False)
    @takes_any_query
    async def get_comparison(
        request: Request, language: PageLanguage, year: YearQuery = "", part: PartQuery = "", region: _Region = "",
        other: _With = "",
    ) -> Response:  # fmt: skip
        period = await choices.period(year, part)
        choices.check_region(region)
        choices.check_region(other, "with")
        known, formats, words = choices.reference(), site.formats(language), site.words(language)
        two = region and other and region != other
        found = [await choices.snapshots.get(Filter(period, one)) for one in (region, other)] if two else []
        ready = [one for one in found if one is not None]
        pair = Pair(*ready) if len(ready) == 2 else None
        return site.page(
            request, language, "compare.html", age=pair and pair.age, two=two,
            view=pair and CompareView(pair, known, formats, words), period=period, region=region, other=other,
            pickers=Pickers(await choices.years(), known, formats, words), query=_query(period, region, other),
        )  # fmt: skip

    @pages.get(f"{_FILE}.csv", response_class=CsvResponse, responses=problems.responses(404, 422, 503))
    async def get_comparison_csv(
        language: PageLanguage, table: _Table, region: _Region, other: _With, year: YearQuery = "", part: PartQuery = ""
    ) -> Response:
        """A table of two regions side by side as CSV. Counts of 1 to 4 are hidden."""
        pair = await computed(year, part, region, other)
        rows = comparison.records(table, pair, choices.reference(), language)
        name = f"natija-{table}-{region}-{other}-{pair.first.filter.period.code}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return CsvResponse(files.to_csv(rows), headers=headers)

    @pages.get(f"{_FILE}.json", responses=problems.responses(404, 422, 503))
    async def get_comparison_json(
        language: PageLanguage, table: _Table, region: _Region, other: _With, year: YearQuery = "", part: PartQuery = ""
    ) -> JSONResponse:
        """A table of two regions side by side as JSON. Counts of 1 to 4 are hidden."""
        pair, known = await computed(year, part, region, other), choices.reference()
        rows = comparison.records(table, pair, known, language)
        return JSONResponse(comparison.to_json(table, pair, known.zone, rows))

    return pages


def _query(period: PublicPeriod, region: str, other: str) -> str:
    """The query of a link to the same choice."""
    given = {"year": period.year, "part": period.part, "region": region, "with": other}
    return "?" + URL("").include_query_params(**{name: value for name, value in given.items() if value}).query
