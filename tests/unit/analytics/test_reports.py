"""The reports equal the published tables to the digit, and say what they are of."""

import csv
import io
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from tests.unit.events.histories import Log, appeal_number, hour, registered

from natija_analytics.projection.state import history_row
from natija_analytics.rendering import breaches_report, count_report, history_report, overdue_report
from natija_analytics.rendering.captions import CAPTIONS
from natija_analytics.reports import breaches, counts, definitions
from natija_analytics.reports.breaches import BreachReport, BreachSums
from natija_analytics.reports.counts import GroupCount, Report
from natija_analytics.reports.definitions import Definitions, Subject, TableDefinition
from natija_analytics.reports.late_answers import AnswerSums
from natija_analytics.reports.overdue import NoTermSums
from natija_analytics.samples import sample
from natija_chassis.realm.realm_files import load_reference_data
from natija_chassis.reports.localized import number, percent
from natija_chassis.reports.output import as_json
from natija_chassis.reports.period import Period
from natija_events.types.deadlines import TermKind
from natija_events.types.routing import Answered
from natija_events.words import LANGUAGES, Language

ROOT = Path(__file__).parents[3]
REFERENCE = load_reference_data(ROOT / "deploy/realms/kg")
KYRGYZ = definitions.load_definitions(ROOT / "deploy/realms/kg/reports.yaml")
MARGINALS = sample.load_marginals(ROOT / "examples/kg-h1-2019.yaml")
AT = datetime(2026, 7, 1, tzinfo=UTC)
HALF_YEAR = Period(date(2019, 1, 1), date(2019, 6, 30), "Asia/Bishkek")
COLUMNS: dict[Subject, str] = {"channels": "channel", "regions": "region", "topics": "topic"}


def published(subject: Subject) -> Report:
    counted = [
        GroupCount(group.form, key, appeals)
        for group in MARGINALS.groups
        for key, appeals in (getattr(group, COLUMNS[subject]) or {None: group.total}).items()
    ]
    return counts.build(subject, HALF_YEAR, counted, KYRGYZ, getattr(REFERENCE, subject))


def lines(report: Report) -> list[tuple[str, str, int, str | None]]:
    return [
        (line.kind, line.key, line.appeals, None if line.percent is None else str(line.percent))
        for line in report.lines
    ]


def test_channels_are_in_printed_order() -> None:
    """The last one balances the shares to 100."""
    assert lines(published("channels")) == [
        ("row", "president", 381, "15.5"),
        ("row", "parliament", 508, "20.7"),
        ("row", "pm-reception", 217, "8.8"),
        ("row", "electronic", 329, "13.4"),
        ("row", "other", 1019, "41.6"),
        ("total", "", 2454, "100.0"),
        ("apart", "oral", 634, None),
        ("all", "", 3088, None),
    ]


def test_regions_are_by_count() -> None:
    """Ties are in the order of the directory. The shares add up to 99.99."""
    assert lines(published("regions")) == [
        ("row", "bishkek", 899, "36.63"),
        ("row", "chuy", 438, "17.85"),
        ("row", "jalal-abad", 283, "11.53"),
        ("row", "issyk-kul", 205, "8.35"),
        ("row", "osh-oblast", 161, "6.56"),
        ("row", "naryn", 147, "5.99"),
        ("row", "batken", 147, "5.99"),
        ("row", "osh-city", 96, "3.91"),
        ("row", "talas", 65, "2.65"),
        ("row", "abroad", 13, "0.53"),
        ("total", "", 2454, "99.99"),
        ("apart", "oral", 634, None),
        ("all", "", 3088, None),
    ]


def test_rest_of_topics_is_computed() -> None:
    """Seven topics are printed."""
    assert lines(published("topics"))[6:] == [
        ("row", "labour", 113, "4.60"),
        ("subtotal", "", 1181, "48.13"),
        ("rest", "", 1273, "51.87"),
        ("total", "", 2454, "100.00"),
        ("apart", "oral", 634, None),
        ("all", "", 3088, None),
    ]


def test_appeals_without_key_are_counted() -> None:
    """In a row of their own, so that the table is complete."""
    counted = [GroupCount("written", "chuy", 3), GroupCount("written", None, 1), GroupCount("electronic", "chuy", 4)]
    report = counts.build("regions", HALF_YEAR, counted, Definitions(), ())
    assert lines(report) == [("row", "chuy", 7, "87.5"), ("unclassified", "", 1, "12.5"), ("total", "", 8, "100.0")]


def test_unknown_keys_come_last() -> None:
    """Under their ids."""
    counted = [GroupCount("written", "mars", 2), GroupCount("written", "abroad", 1), GroupCount("written", "chuy", 1)]
    plain = Definitions(tables={"regions": TableDefinition(order="directory")})
    report = counts.build("regions", HALF_YEAR, counted, plain, REFERENCE.regions)
    assert [line.key for line in report.lines if line.kind == "row"] == ["chuy", "abroad", "mars"]
    assert "mars" in count_report.counts_table(report, REFERENCE, "ky")


def test_empty_period_is_an_empty_table() -> None:
    report = counts.build("topics", HALF_YEAR, [], KYRGYZ, REFERENCE.topics)
    assert lines(report) == [("total", "", 0, None)]
    assert "Total" in count_report.counts_table(report, REFERENCE, "en")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("subject", COLUMNS)
def test_table_fits_80_columns(subject: Subject, language: Language) -> None:
    """Nothing is cut."""
    report = published(subject)
    text = count_report.counts_table(report, REFERENCE, language)
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text
    for line in report.lines:
        assert f" {number(line.appeals, language)}" in text
        assert percent(line.percent, language) in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_late_answers_are_summed_up(language: Language) -> None:
    sums = [AnswerSums("ministry-health", 1200, 3, 1100, 70), AnswerSums(None, 40, 37)]
    table = overdue_report.answers_table("body", sums, HALF_YEAR, REFERENCE, language)
    *shown, without = table.strip().splitlines()
    assert all(number(count, language) in without for count in (1170, 1100, 70))
    rows = [line.split() for line in shown if line]
    assert rows[-1][-2:] == [number(1240, language).split()[-1], "40"]
    assert REFERENCE.name("bodies", "ministry-health", language).split()[0] in table
    assert max(map(len, table.splitlines())) <= 80


@pytest.mark.parametrize("language", LANGUAGES)
def test_breaches_are_shown_by_kind(language: Language) -> None:
    """A row for each body and kind; the overall term stands there once, for all bodies together."""
    sums = [BreachSums("ministry-health", kind, 1300, 1200, 100) for kind in get_args(TermKind)]
    report = BreachReport([*sums, BreachSums(None, "overall", 7, 3, 4)], NoTermSums(11, 12, 13), 17)
    for key in breaches.KEYS:
        table = breaches_report.breaches_table(key, report, AT, REFERENCE, language, ZoneInfo("Asia/Bishkek"))
        assert max(map(len, table.splitlines())) <= 80
        assert "…" not in table
        assert all(number(count, language) in table for count in (11707, 10803, 904, 17, 36))
        assert (CAPTIONS("all_bodies", language) in table) == (key == "body")


NUMBERS: Mapping[Language, tuple[str, str]] = {
    "ky": ("2 454", "4,60"),
    "kk": ("2 454", "4,60"),
    "uz": ("2 454", "4,60"),
    "ru": ("2 454", "4,60"),
    "en": ("2,454", "4.60"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_follow_the_language(language: Language) -> None:
    text = count_report.counts_table(published("topics"), REFERENCE, language)
    assert all(figure in text for figure in NUMBERS[language])


def test_table_names_base_and_rounding() -> None:
    english = count_report.counts_table(published("channels"), REFERENCE, "en")
    assert "written received, 2,454 = 100 %" in english
    assert "HALF_UP 1 + BALANCE_LAST" in english
    assert "From the President's apparatus" in english
    kyrgyz = count_report.counts_table(published("channels"), REFERENCE, "ky")
    assert "келип түшкөн жазуу жүзүндөгү кайрылуулар" in kyrgyz
    assert "Президенттин Аппаратынан" in kyrgyz


def test_csv_and_json_agree() -> None:
    report = published("topics")
    rows = list(csv.DictReader(io.StringIO(count_report.counts_csv(report, REFERENCE, "en"))))
    parsed = json.loads(as_json(count_report.counts_json(report, REFERENCE, "en")))
    assert [(row["kind"], row["key"], int(row["appeals"]), row["percent"] or None) for row in rows] == lines(report)
    assert [(row["kind"], row["key"], row["appeals"], row["percent"]) for row in parsed["lines"]] == lines(report)
    assert parsed["base"] == {"name": "written received", "forms": ["written", "electronic"], "appeals": 2454}
    assert parsed["rounding"] == "HALF_UP 2"
    assert (parsed["from"], parsed["to"], parsed["zone"]) == ("2019-01-01", "2019-06-30", "Asia/Bishkek")


def test_sample_keys_have_names() -> None:
    """In every language of the realm."""
    for group in MARGINALS.groups:
        for subject, column in COLUMNS.items():
            for key in getattr(group, column):
                names = {name_of(subject, key, language) for language in REFERENCE.languages}
                assert key not in names
                assert len(names) == len(REFERENCE.languages) == 3


def name_of(subject: Subject, key: str, language: str) -> str:
    return REFERENCE.name(subject, key, language)


def test_captions_have_all_languages() -> None:
    assert CAPTIONS.missing() == []


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("ky", ["кайрылуу катталды → катталды", "түшүндүрүлдү"]),
        ("kk", ["жолданым тіркелді → тіркелді", "түсіндірілді"]),
        ("uz", ["murojaat roʻyxatga olindi → roʻyxatga olindi", "tushuntirildi"]),
        ("ru", ["обращение зарегистрировано →", "разъяснено"]),
        ("en", ["appeal registered → registered", "explained"]),
    ],
)
def test_history_table_prints_words(language: Language, texts: list[str]) -> None:
    """Types, states and outcomes are words; a type that has none stays a code."""
    log = Log()
    for data in (registered(hour(0)), None, Answered(outcome="explained")):
        log.add(appeal_number(0), hour(0), data)
    rows = [history_row(event) for event in log.events]
    table = history_report.history_table(appeal_number(0), rows, REFERENCE, language, ZoneInfo("Asia/Bishkek"))
    printed = " ".join(table.split())
    for text in (*texts, "appeal.foreseen.v7", "2019-01-01 06:00:00"):
        assert text in printed
    assert max(map(len, table.splitlines())) <= 80
