"""The control board without a database: who may open it, what they see, and what a page says of one appeal."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests import apps
from tests.signed_in_app import app_for, browser_of, official
from tests.unit.deadlines.history import APPEAL, Given, at, folded, registered
from tests.unit.deadlines.test_decisions import DUE, MISSED, OPENED, TERM, TERMED

from natija_chassis.clock import FixedClock
from natija_chassis.pages.data_age import DataAge
from natija_chassis.pages.site import Site
from natija_chassis.realm.realm_files import load_reference_data
from natija_chassis.service_app import ServicePages
from natija_deadlines import api
from natija_deadlines.board import questions, rights, site, what_if
from natija_deadlines.board.appeal import AppealView
from natija_deadlines.board.names import Names
from natija_deadlines.board.overview import Overview
from natija_deadlines.policies.policy import load_policies
from natija_deadlines.terms.explanation import explain
from natija_deadlines.terms.projection import TermsProjection
from natija_deadlines.terms.state import AppealTerms
from natija_deadlines.worklists.queries import Figures
from natija_deadlines.worklists.selection import ListReader
from natija_events.reference.data import ReferenceData
from natija_events.reference.entries import BodyEntry, OfficialRole
from natija_events.terms.facts import TermFact
from natija_events.types.deadlines import Warned
from natija_events.types.routing import Answered, Forwarded, Routed
from natija_events.words import LANGUAGES, Language

DATA = replace(
    load_reference_data(Path(__file__).parents[3] / "deploy/realms/kg"),
    bodies={
        "ministry": BodyEntry(names={"ru": "Министерство", "ky": "Министрлик"}),
        "agency": BodyEntry(names={"ru": "Агентство", "ky": "Агенттик"}, superior="ministry"),
        "court": BodyEntry(names={"ru": "Суд", "ky": "Сот"}),
    },
)
POLICIES = load_policies()
CLOCK = FixedClock(datetime(2026, 3, 30, 6, tzinfo=UTC))


def board() -> ServicePages:
    """The pages on an empty database."""
    age = DataAge("current", CLOCK.now())
    return site.build(apps.EMPTY_DATABASE, TermsProjection(POLICIES), lambda: DATA, CLOCK, lambda: age)


SITE: Site = board().site


def names(language: Language = "ru") -> Names:
    return Names(DATA, SITE.formats(language), SITE.words(language))


@pytest.mark.parametrize(
    ("body", "role", "expected"),
    [
        ("agency", "head", ListReader("agency", ("agency",), handles=True)),
        ("ministry", "head", ListReader("ministry", ("agency", "ministry"), handles=True)),
        ("court", "controller", ListReader("court", None, handles=False)),
        ("court", "auditor", ListReader("court", None, handles=False)),
        ("court", "analyst", ListReader("court", (), handles=False)),
    ],
)
def test_role_and_body_decide_lists(body: str, role: OfficialRole, expected: ListReader) -> None:
    assert rights.reader_of(official(body, role), DATA) == expected


def test_head_who_watches_handles_their_own() -> None:
    assert rights.reader_of(official("agency", "head", "controller"), DATA) == ListReader("agency", None, handles=True)


@pytest.mark.parametrize(
    ("body", "role", "more", "expected"),
    [
        ("agency", "head", {}, "all"),
        ("ministry", "head", {}, "all"),
        ("court", "head", {}, "nothing"),
        ("court", "controller", {}, "all"),
        ("agency", "head", {"confidential": True}, "all"),
        ("ministry", "head", {"confidential": True}, "dates"),
        ("court", "auditor", {"confidential": True}, "dates"),
        ("court", "head", {"confidential": True}, "nothing"),
        ("agency", "head", {"complained_of": "agency"}, "nothing"),
        ("court", "controller", {"complained_of": "court"}, "nothing"),
    ],
)
def test_rights_decide_about_one_appeal(body: str, role: OfficialRole, more: dict[str, object], expected: str) -> None:
    appeal, _ = folded(("2026-03-02T04:00", registered("2026-03-02", addressee="agency", **more)))
    assert rights.sight(official(body, role), appeal, None, DATA) == expected


def test_body_sees_no_complaint_about_its_handling() -> None:
    """The complaint names the first appeal, and this body has that one."""
    complaint, _ = folded(("2026-03-02T04:00", registered("2026-03-02", addressee="ministry", complaint_of=APPEAL)))
    first = AppealTerms(APPEAL, holder="ministry")
    head = official("ministry", "head")
    assert rights.sight(head, complaint, first, DATA) == "nothing"
    assert rights.sight(head, complaint, first._replace(holder="agency"), DATA) == "all"


@pytest.mark.parametrize("role", ["registrar", "executor", "approver", "signer", "analyst", "operator", "data-officer"])
async def test_other_roles_are_refused(role: OfficialRole) -> None:
    async with browser_of(app_for(official("agency", role), board())) as browser:
        for path in ("/board", "/board/breaches", "/board/due", "/board/what-if", f"/board/appeals/{APPEAL}"):
            assert (await browser.get(f"/ru{path}")).status_code == 403, path


async def test_unknown_visitor_is_led_to_sign_in() -> None:
    async with browser_of(app_for(None, board())) as browser:
        answer = await browser.get("/ky/board/due?within=week")
    assert (answer.status_code, answer.headers["location"]) == (
        303, "/sign-in?return_to=%2Fky%2Fboard%2Fdue%3Fwithin%3Dweek",
    )  # fmt: skip


async def test_official_of_two_bodies_may_change() -> None:
    """A form with the token of the session. Of a body whose post opens no board nothing is offered."""
    first, second, third = official("agency", "head"), official("court", "auditor"), official("ministry", "executor")
    posts = (*first.posts, *second.posts, *third.posts)
    async with browser_of(app_for(first._replace(posts=posts), board())) as browser:
        page = (await browser.get("/ru/board")).text
    form = page.partition('action="/me/body"')[2].partition("</form>")[0]
    assert 'name="csrf_token" value="t"' in form
    assert [one in form for one in ("agency", "court", "ministry")] == [True, True, False]
    async with browser_of(app_for(first, board())) as browser:
        assert "/me/body" not in (await browser.get("/ru/board")).text


async def test_people_do_not_open_programs_lists() -> None:
    """They know no rights of single people: the board does."""
    routers = [api.router(apps.EMPTY_DATABASE, TermsProjection(POLICIES), CLOCK, lambda: DATA)]
    async with browser_of(app_for(official("agency", "head"), board(), *routers, rows=api.ACCESS)) as browser:
        for path in ("/due?within=today", "/breaches", "/executors/x/calendar.ics", f"/terms/{APPEAL}"):
            assert (await browser.get(path)).status_code == 403, path


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/board", 200, "/sign-out"),
        ("/board?as_of=2026-03-04T12:00&utm_source=letter", 200, 'value="2026-03-04T12:00"'),
        ("/board?as_of=yesterday", 422, 'href="#as_of"'),
        ("/board?as_of=0001-01-01T00:00", 422, 'href="#as_of"'),
        ("/board/breaches?body=agency", 200, "govuk-select"),
        ("/board/breaches?body=court", 422, "breaches"),
        ("/board/breaches?executor=%00", 422, "breaches"),
        ("/board/breaches?executor=&within=today", 200, "govuk-select"),
        ("/board/breaches?after=nonsense", 422, "breaches"),
        ("/board/breaches?after=999999999999999999-KG", 422, "breaches"),
        ("/board/due?within=month", 422, "due"),
        ("/board/appeals?number=1", 422, 'href="#number"'),
        ("/board/appeals/KG-1", 404, "KG-1"),
        (f"/board/appeals/{APPEAL}", 404, APPEAL),
        ("/board/what-if", 200, "kg-law-67/1"),
        ("/board/what-if?policy=kg-law-67/1", 422, 'href="#first"'),
        ("/board/what-if?policy=kz-appc/1&first=2026-01-01&last=2026-02-01", 422, 'href="#policy"'),
        ("/board/what-if?policy=kg-law-67/1&first=2026-02-01&last=2026-01-01", 422, 'href="#last"'),
        ("/board/what-if?policy=kg-law-67/1&first=2026-02-01&last=2026-03-01&days=0", 422, 'href="#days"'),
        ("/board/what-if?policy=kg-law-67/1&first=2026-02-01&last=2026-03-01&days=00000001999999", 422, 'href="#days"'),
        ("/board/what-if?policy=kg-law-67/1&first=2026-02-01&last=2026-03-01&body=court", 422, 'href="#body"'),
    ],
)
async def test_questions_are_answered_or_refused(path: str, status: int, text: str) -> None:
    """A head of the agency asks. The error leads to the field."""
    async with browser_of(app_for(official("agency", "head"), board())) as browser:
        answer = await browser.get(f"/ky{path}")
    assert answer.status_code == status, answer.text
    assert text in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_number_leads_to_its_page() -> None:
    async with browser_of(app_for(official("agency", "head"), board())) as browser:
        answer = await browser.get(f"/ky/board/appeals?number=+{APPEAL.lower()}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/ky/board/appeals/{APPEAL}")


def test_time_is_local_in_the_realm() -> None:
    now = CLOCK.now()
    found = questions.read_as_of("2026-03-04T12:00", "Asia/Bishkek", now)
    assert (found.at, found.text, found.past) == (at("2026-03-04T12:00+06:00"), "2026-03-04T12:00", True)
    assert questions.read_as_of(" ", "Asia/Bishkek", now) == (now, "", None)


def test_other_term_counts_for_every_kind() -> None:
    """Nothing else of the policy changes."""
    policy = what_if.installed(POLICIES, ("KZ",))["kz-appc/1"]
    changed = what_if.with_working_days(policy, 7)
    assert {(changed.term(kind).amount, changed.term(kind).unit) for kind in ("application", "complaint")} == {
        (7, "working")
    }
    assert {**changed.model_dump(), "terms": None} == {**policy.model_dump(), "terms": None}


def view(*events: Given, sight: rights.Sight = "all", now: str) -> AppealView:
    appeal, facts = folded(*events)
    return shown(appeal, facts, sight, now, "ru")


def shown(appeal: AppealTerms, facts: list[TermFact], sight: rights.Sight, now: str, language: Language) -> AppealView:
    formats, words = SITE.formats(language), SITE.words(language)
    return AppealView(appeal, facts, sight, POLICIES, at(now), names(language), formats, words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_explains_as_the_command_does(language: Language) -> None:
    """`natija deadlines why` and the page have the same sentences."""
    appeal, facts = folded(OPENED, TERMED, MISSED)
    [term] = shown(appeal, facts, "all", "2019-07-15", language).terms
    assert list(term.steps) == [step.text(language) for step in explain(appeal, facts, POLICIES, "answer-1")]
    assert (term.status, term.policy) == ("missed", TERM.policy)


def test_ladder_shows_told_and_to_come() -> None:
    """Whom the policy names after the breach is still to be told; who should have been warned before is not."""
    warned = Warned(term="answer-1", due=DUE, step=2, to="head")
    [term] = view(OPENED, TERMED, MISSED, ("2019-07-12T09:00+06:00", warned), now="2019-07-15").terms
    assert [(step.to, step.told) for step in term.ladder] == [
        ("Руководитель", True), ("Вышестоящий орган", False), ("Прокурор", False),
    ]  # fmt: skip
    running = view(OPENED, TERMED, now="2019-06-25").terms[0]
    assert [step.told for step in running.ladder] == [False] * 4
    assert running.ladder[-1].when == "25 июля 2019 г., 09:00 (UTC+6)"


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (("2019-07-01T10:00+06:00", Answered(outcome="explained")), "met"),
        (("2019-07-14T10:00+06:00", Forwarded(body="court")), "missed"),
        (("2019-07-14T10:00+06:00", Answered(outcome="explained")), "missed"),
    ],
    ids=["in-time", "forwarded-late", "answered-late"],
)
def test_ended_term_tells_nobody_more(end: Given, status: str) -> None:
    [term] = view(OPENED, TERMED, end, now="2019-07-15").terms
    assert (term.status, term.ladder) == (status, [])


def test_confidential_appeal_shows_dates_only() -> None:
    """Neither the body nor the post, in no part of the page."""
    routed = ("2019-06-21T10:00+06:00", Routed(body="agency", executor="deputy", rule="r"))
    found = view(OPENED, TERMED, routed, sight="dates", now="2019-06-25")
    assert [text for _, text in found.summary] == ["Конфиденциально", "21 июня 2019 г., 10:00 (UTC+6)"]
    assert [term.holder for term in found.terms] == [""]


def test_appeal_without_term_is_counted_too() -> None:
    found = view(OPENED, now="2019-06-25")
    assert (list(found.terms), found.expected[0][:18]) == ([], "Поступило 2019-06-")


FIGURES = [
    Figures("agency", "deputy", 1, 2, 3, 1), Figures("agency", None, 0, 1, 0, 0), Figures("ministry", "x", 0, 0, 9, 9),
    Figures(None, None, 0, 0, 1, 0), Figures("court", "y", 0, 0, 0, 0),
]  # fmt: skip


def test_sums_of_bodies_add_their_executors() -> None:
    """The one with the most in breach comes first, and a body without any appeal is left out."""
    overview = Overview(FIGURES, names(), SITE.words("ru"), "/ru/board", "")
    assert [(one.text, one.href) for one in overview.totals] == [
        ("1", "/ru/board/due?within=today"), ("3", "/ru/board/due?within=week"), ("13", "/ru/board/breaches"),
    ]  # fmt: skip
    rows = overview.by_body.table.rows
    assert [row.cells for row in rows] == [
        ("Министерство", "0", "0", "9", "9"), ("Агентство", "1", "3", "3", "1"),
        ("Органа пока нет", "0", "0", "1", "0"),
    ]  # fmt: skip
    assert [row.href for row in rows] == ["/ru/board/breaches?body=ministry", "/ru/board/breaches?body=agency", None]
    assert overview.by_executor.table.rows[0].href == "/ru/board/breaches?body=ministry&executor=x"


def test_links_keep_the_time() -> None:
    overview = Overview(FIGURES, names(), SITE.words("ru"), "/ru/board", "2026-03-04T12:00")
    assert overview.totals[2].href == "/ru/board/breaches?as_of=2026-03-04T12%3A00"


def test_policies_of_other_countries_are_not_offered() -> None:
    assert set(what_if.installed(POLICIES, DATA.jurisdictions)) == {"kg-law-67/1"}
    assert what_if.installed(POLICIES, ReferenceData().jurisdictions) == {}
