"""The common parts of reports: periods, options, numbers by language, tables, CSV and JSON, captions."""

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import typer

from natija_chassis.reports.captions import Captions
from natija_chassis.reports.localized import local_time, long_day, long_month, number, percent
from natija_chassis.reports.options import instant_option, period_options, zone_option
from natija_chassis.reports.output import as_csv, as_json, stream_csv, stream_json
from natija_chassis.reports.period import Period
from natija_chassis.reports.tables import text_table
from natija_events.words import LANGUAGES

BISHKEK = ZoneInfo("Asia/Bishkek")


def test_period_ends_after_last_day() -> None:
    period = Period(date(2019, 1, 1), date(2019, 1, 2), "Asia/Bishkek")
    assert period.bounds() == (datetime(2018, 12, 31, 18, tzinfo=UTC), datetime(2019, 1, 2, 18, tzinfo=UTC))


def test_wrong_options_are_named() -> None:
    for call, option in (
        (lambda: zone_option("Mars"), "--zone"),
        (lambda: period_options(date(2019, 1, 2), date(2019, 1, 1), "UTC"), "--to"),
        (lambda: instant_option("yesterday", BISHKEK), "--as-of"),
    ):
        with pytest.raises(typer.BadParameter) as error:
            call()
        assert error.value.param_hint == option


def test_instant_without_offset_is_local() -> None:
    assert instant_option("2019-07-01T00:00", BISHKEK) == datetime(2019, 6, 30, 18, tzinfo=UTC)
    assert instant_option("2019-07-01T00:00Z", BISHKEK) == datetime(2019, 7, 1, tzinfo=UTC)


def test_numbers_follow_the_language() -> None:
    assert {language: number(2454, language) for language in LANGUAGES} == {
        "ky": "2 454", "kk": "2 454", "uz": "2 454", "ru": "2 454", "en": "2,454"
    }  # fmt: skip
    assert {language: percent(Decimal("4.60"), language) for language in LANGUAGES} == {
        "ky": "4,60", "kk": "4,60", "uz": "4,60", "ru": "4,60", "en": "4.60"
    }  # fmt: skip
    assert percent(None, "en") == ""


def test_days_follow_the_language() -> None:
    days = [long_day(date(2019, 6, 30), language) for language in LANGUAGES]
    assert days == [
        "2019-жылдын 30-июну",
        "2019 жылғы 30 маусым",
        "2019-yil 30-iyun",
        "30 июня 2019 г.",
        "30 June 2019",
    ]
    months = [long_month(date(2019, 6, 1), language) for language in LANGUAGES]
    assert months == ["2019-жыл, июнь", "2019 жыл, маусым", "2019-yil, iyun", "июнь 2019 г.", "June 2019"]
    assert local_time(datetime(2019, 6, 30, 18, tzinfo=UTC), BISHKEK) == "2019-07-01 00:00"
    assert local_time(None, BISHKEK) == ""


def test_table_is_80_columns_wide() -> None:
    table = text_table("Title", {"Name": "text", "Count": "number"}, [("word " * 30, "7"), ("Total", "7")], {1})
    assert max(map(len, table.splitlines())) <= 80
    assert " ".join(table.split()).endswith("Total 7")


MARKS = "a\x1b[31m\x9b31mRED\u202e\u2028b"


def test_table_obeys_no_control_marks() -> None:
    """Control characters and marks of direction are printed as their codes, and do nothing."""
    table = text_table(MARKS, {"Name": "text"}, [(MARKS,), ("Ысык-Көл",)])
    assert "Ысык-Көл" in table
    assert table.count(r"a\x1b[31m\x9b31mRED\u202e\u2028b") == 2
    assert not {"\x1b", "\x9b", "\u202e", "\u2028"} & set(table)


@pytest.mark.parametrize("text", ["=1+1", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "＝1"])
def test_csv_has_no_formula(text: str) -> None:
    """A spreadsheet reads such a cell as text; numbers stay numbers."""
    [[cell, below, name]] = csv.reader(io.StringIO(as_csv(None, [(text, -5, "Back Bay")]), newline=""))
    assert (cell, below, name) == (f"'{text}", "-5", "Back Bay")
    assert as_csv(None, [("\t=1", "a\rb", MARKS)]) == r"\t=1,a\rb,a\x1b[31m\x9b31mRED\u202e\u2028b" + "\n"


async def test_json_escapes_what_terminals_obey() -> None:
    async def rows() -> AsyncIterator[tuple[str]]:
        yield (MARKS,)

    for text in (as_json([MARKS]), "".join([piece async for piece in stream_json({"report": "x"}, ["name"], rows())])):
        assert not {"\x1b", "\x9b", "\u202e", "\u2028"} & set(text)
        read = json.loads(text)
        assert (read if isinstance(read, list) else read["rows"]) in ([MARKS], [{"name": MARKS}])


ROWS = [("a", None, True, datetime(2019, 1, 1, tzinfo=UTC)), ("b, c", 3, False, None)]


async def streamed(rows: list[tuple[Any, ...]]) -> AsyncIterator[tuple[Any, ...]]:
    for row in rows:
        yield row


async def test_csv_has_plain_values() -> None:
    text = "".join([piece async for piece in stream_csv(("id", "n", "late", "at"), streamed(ROWS))])
    assert text == as_csv(("id", "n", "late", "at"), ROWS)
    assert list(csv.reader(io.StringIO(text)))[1:] == [
        ["a", "", "true", "2019-01-01T00:00:00+00:00"],
        ["b, c", "3", "false", ""],
    ]


@pytest.mark.parametrize("count", [0, 1, 500, 501])
async def test_streamed_json_is_one_object(count: int) -> None:
    rows = [(number, None) for number in range(count)]
    pieces = [piece async for piece in stream_json({"report": "r"}, ("id", "due"), streamed(rows))]
    assert json.loads("".join(pieces)) == {"report": "r", "rows": [{"id": n, "due": None} for n in range(count)]}


def test_caption_without_language_is_missing() -> None:
    captions = Captions({"total": {"en": "Total: {n}", "ru": "Итого: {n}"}})
    assert captions("total", "ru", n=3) == "Итого: 3"
    assert captions.missing() == [("total", "ky"), ("total", "kk"), ("total", "uz")]
