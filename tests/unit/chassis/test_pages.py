"""The kit of pages: languages, display settings, order of names, charts, files, and errors for a browser."""

import gzip
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from deploy.stylesheet import without_unused_components
from fastapi import APIRouter
from tests.sites import CLOCK, statistics_app

from natija_chassis.http.access import access
from natija_chassis.pages import alphabets, catalogs, charts, data_age, languages
from natija_chassis.pages.charts import Datum
from natija_chassis.pages.display import Display, local_path
from natija_chassis.pages.formats import Formats
from natija_chassis.pages.static_files import FOLDER
from natija_chassis.projections.progress import Progress
from natija_events.words import LANGUAGES, Language

HTML = {"Accept": "text/html,application/xhtml+xml"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def client() -> httpx.AsyncClient:
    """Of the statistics site, and of a route of an API beside it."""
    api = APIRouter()

    @api.get("/api")
    async def get_nothing() -> None:
        raise ValueError("a fault")

    transport = httpx.ASGITransport(
        statistics_app(api, rows=[access("GET", "/api", "public")]), raise_app_exceptions=False
    )
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")


class TestLanguage:
    """The path has it; without, the browser says it."""

    @pytest.mark.parametrize(
        ("header", "expected"),
        [
            ("ru,en;q=0.8", "ru"),
            ("de,uz-Latn-UZ;q=0.7,en;q=0.5", "uz"),
            ("de", "ky"),
            ("", "ky"),
            ("en;q=0,kk;q=0.1", "kk"),
        ],
    )
    def test_browser_chooses_by_weight(self, header: str, expected: Language) -> None:
        assert languages.preferred(header, "ky") == expected

    async def test_address_without_language_leads_on(self) -> None:
        async with client() as site:
            found = await site.get("/statistics?year=2019", headers={"Accept-Language": "kk"})
        assert (found.status_code, found.headers["location"]) == (302, "/kk/statistics?year=2019")
        assert found.headers["vary"] == "Accept-Language"

    async def test_page_links_to_all_languages(self) -> None:
        async with client() as site:
            page = (await site.get("/ru/statistics?year=2019", headers=HTML)).text
        assert '<html lang="ru"' in page
        for one in LANGUAGES:
            assert f'<link rel="alternate" hreflang="{one}" href="/{one}/statistics?year=2019">' in page


class TestDisplay:
    """The settings of a reader live in a cookie, and a form changes them."""

    @pytest.mark.parametrize(
        "path", ["//evil.example", "https://evil.example", "/\\evil.example", "ru", "/a\nb", "/ю", ""]
    )
    def test_other_site_is_refused(self, path: str) -> None:
        assert local_path(path) is None

    def test_cookie_holds_known_choices_only(self) -> None:
        chosen = Display(size="large", colors="dark")
        assert Display.of_cookie(chosen.cookie) == chosen
        assert chosen.classes == "n-size-large n-colors-dark"
        assert Display.of_cookie('size-"><script>.colors-pink.evil-x') == Display()

    async def test_form_returns_to_its_page(self) -> None:
        async with client() as site:
            body = "size=largest&back=/ru/statistics%3Fyear%3D2019"
            found = await site.post("/ru/display", content=body, headers=FORM)
            assert (found.status_code, found.headers["location"]) == (303, "/ru/statistics?year=2019")
            page = await site.get("/ru/statistics", headers=HTML)
        assert '<html lang="ru" class="govuk-template n-size-largest">' in page.text

    async def test_form_never_leads_elsewhere(self) -> None:
        async with client() as site:
            body = "size=large&back=https://evil.example/"
            found = await site.post("/uz/display", content=body, headers=FORM)
            foreign = await site.post("/uz/display", content=body, headers=FORM | {"Sec-Fetch-Site": "cross-site"})
        assert found.headers["location"] == "/uz/statistics"
        assert foreign.status_code == 403
        assert "set-cookie" not in foreign.headers


class TestWords:
    """Each text of a page is in every catalogue, with the same fields."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "templates").mkdir()
        (tmp_path / "locales").mkdir()
        (tmp_path / "templates" / "page.html").write_text('{{ _("Hello {name}") }}')
        for one in catalogs.TRANSLATED:
            catalogs.catalog_path(tmp_path, one).write_text(
                '# unconfirmed\nmsgid "Hello {name}"\nmsgstr "Салам {name}"\n'
            )
        return tmp_path

    def test_complete_catalogs_have_no_faults(self, folder: Path) -> None:
        assert list(catalogs.faults(folder)) == []
        assert len(list(catalogs.unconfirmed(folder))) == len(catalogs.TRANSLATED)
        assert catalogs.load([folder], "ky").gettext("Hello {name}") == "Салам {name}"
        assert catalogs.load([folder], "en").gettext("Hello {name}") == "Hello {name}"

    @pytest.mark.parametrize(
        ("text", "fault"),
        [
            ("", "not translated (templates/page.html:1)"),
            ('msgid "Hello {name}"\nmsgstr ""\n', "not translated (templates/page.html:1)"),
            ('#, fuzzy\nmsgid "Hello {name}"\nmsgstr "Салам {name}"\n', "not translated (templates/page.html:1)"),
            ('msgid "Hello {name}"\nmsgstr "Салам {ат}"\n', "other {fields} than in English"),
            ('msgid "Hello {name}"\nmsgstr "{name}"\n\nmsgid "Bye"\nmsgstr "Жакшы"\n', "not used"),
        ],
    )
    def test_each_fault_is_found(self, folder: Path, text: str, fault: str) -> None:
        catalogs.catalog_path(folder, "ky").write_text(text)
        assert [one.fault for one in catalogs.faults(folder)] == [fault]


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("ky", ["Ер", "Ёлка", "Жаз", "Нан", "Ңк", "Ок", "Өк", "Пак", "Ук", "Үк"]),
        ("kk", ["Арна", "Әке", "Ғалым", "Қала", "Ұя", "Үй", "Һ", "Ы", "І"]),
        ("uz", ["Olim", "Zamon", "O‘zbek", "Gʻalaba", "Shahar", "Chorsu"]),
        ("ru", ["1-й", "Ель", "Ёж", "Жук", "іноземец"]),
    ],
)
def test_names_follow_the_alphabet(language: Language, names: list[str]) -> None:
    mixed = [*names[1::2], *names[::2]]
    assert sorted(mixed, key=lambda name: alphabets.sort_key(name, language)) == names


def test_time_names_its_zone() -> None:
    instant = datetime(2026, 12, 4, 20, 5, tzinfo=UTC)
    assert Formats("ky", lambda: "Asia/Bishkek").time(instant) == "2026-жылдын 5-декабры, 02:05 (UTC+6)"
    assert Formats("ru", lambda: "America/St_Johns").time(instant) == "4 декабря 2026 г., 16:35 (UTC−3:30)"
    assert Formats("en", lambda: "UTC").day(date(2026, 12, 5)) == "5 December 2026"


class TestChart:
    """The places of bars and points."""

    def test_hidden_value_has_no_place(self) -> None:
        data = [Datum("a", 10, "10"), Datum("b", None, "< 5"), Datum("c", 20, "20")]
        assert [bar.width > 0 for bar in charts.bar_chart(data).bars] == [True, False, True]
        chart = charts.trend_chart(data, str)
        assert ([point.label for point in chart.points], chart.segments) == (["a", "c"], ())

    @pytest.mark.parametrize(("greatest", "top"), [(0, "1"), (1, "1"), (823, "1000"), (1001, "1500"), (4999, "5000")])
    def test_scale_reaches_the_greatest(self, greatest: int, top: str) -> None:
        chart = charts.trend_chart([Datum("a", 0, "0"), Datum("b", greatest, "")], str)
        assert (chart.scale[0][1], chart.scale[-1][1]) == ("0", top)
        assert chart.points[-1].y >= chart.scale[-1][0]


class TestDataAge:
    """A page tells what a projection has reached."""

    def test_projection_that_starts_is_catching_up(self) -> None:
        progress = Progress("x", blocked=None)
        progress.assign(frozenset([0]))
        progress.record_end({0: 4}, {0: 10}, asked=0)
        assert data_age.of_projection(progress, CLOCK) == ("catching-up", None, 6)

    def test_blocked_projection_is_stale(self) -> None:
        progress = Progress("x", blocked="Kafka does not answer")
        assert data_age.of_projection(progress, CLOCK).state == "stale"

    def test_current_data_have_a_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("time.monotonic", lambda: 1003.0)
        progress = Progress("x", blocked=None)
        progress.assign(frozenset([0]))
        progress.record_end({0: 10}, {0: 10}, asked=1000.0)
        assert data_age.of_projection(progress, CLOCK) == ("current", CLOCK.now() - timedelta(seconds=3), 0)


class TestErrors:
    """A browser gets a page in its language, a program problem+json."""

    @pytest.mark.parametrize(
        ("path", "status", "title"),
        [
            ("/ru/nothing", 404, "Такой страницы нет"),
            ("/ru/statistics?part=13", 422, "Адрес не подходит к этой странице"),
            ("/ru/statistics?year=2014", 500, "Произошла ошибка"),
            ("/ru/statistics?year=2015", 503, "Сейчас недоступно"),
        ],
    )
    async def test_browser_gets_a_page(self, path: str, status: int, title: str) -> None:
        async with client() as site:
            page = await site.get(path, headers=HTML)
            plain = await site.get(path)
        assert (page.status_code, plain.status_code) == (status, status)
        assert f'<h1 class="govuk-heading-l">{title}</h1>' in page.text
        assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
        assert plain.headers["content-type"] == "application/problem+json"
        if status == 503:
            assert page.headers["retry-after"] == plain.headers["retry-after"] == "10"

    async def test_page_that_fails_is_json(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("natija_chassis.pages.site.Site.page", lambda *_, **__: 1 / 0)
        async with client() as site:
            found = await site.get("/api", headers=HTML)
        assert (found.status_code, found.headers["content-type"]) == (500, "application/problem+json")


class TestHeaders:
    """Nothing inline, nothing from elsewhere, nothing stored but files with a hash."""

    async def test_page_is_never_stored(self) -> None:
        async with client() as site:
            page = await site.get("/ky/statistics", headers=HTML)
        assert page.headers.get_list("cache-control") == ["no-store"]
        assert "unsafe" not in page.headers["content-security-policy"]
        for inline in ("<script", "<style", ' style="', "onclick", "http://", "https://"):
            assert inline not in page.text

    async def test_hashed_file_is_kept(self) -> None:
        async with client() as site:
            page = (await site.get("/ky/statistics", headers=HTML)).text
            path = page.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
            found = await site.get(path, headers={"Accept-Encoding": "identity"})
            packed = await site.get(path, headers={"Accept-Encoding": "gzip"})
            unknown = await site.get("/static/natija.000000000000.css")
        assert found.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert found.content == packed.content == (FOLDER / "govuk-frontend.css").read_bytes()
        assert int(packed.headers["content-length"]) == len(gzip.compress(found.content, 9, mtime=0))
        assert unknown.status_code == 404


def test_dark_colors_are_the_same() -> None:
    """Whether the device asks for them or the reader."""
    text = (FOLDER / "natija.css").read_text()
    device, chosen = (text.partition(start)[2].partition("}")[0] for start in ("contrast) {", "n-colors-dark {"))
    assert device.split() == chosen.split()
    assert len(chosen.splitlines()) > 10


def test_stylesheet_has_used_components_only() -> None:
    """A selector goes with its component. The others of its rule stay, also one with commas in brackets."""
    given = "@media print{.govuk-tabs{color:red}}.govuk-tabs a,.govuk-link:is(a,b),p{top:0}.govuk-header{left:0}"
    assert without_unused_components(given) == ".govuk-link:is(a,b),p{top:0}"
    text = (FOLDER / "govuk-frontend.css").read_text()
    assert without_unused_components(text) == text


def test_stylesheet_has_nothing_of_the_crown() -> None:
    """Its font, crest and logo are not part of its licence."""
    text = (FOLDER / "govuk-frontend.css").read_text()
    assert not {word for word in ("GDS", "crest", "url(", "@font-face") if word in text}
    assert "MIT License" in (FOLDER / "govuk-frontend.licence.txt").read_text()
