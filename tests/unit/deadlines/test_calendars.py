"""Working calendars: the checked-in files, decrees over seeds, and seeding again."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from natija_chassis.realm.yaml_file import FileError
from natija_deadlines.calendars import calendar, seed
from natija_deadlines.calendars.calendar import CalendarMissing

CALENDARS = calendar.load_calendars()
KZ_2022_OFF = [
    "03-07", "03-08", "03-21", "03-22", "03-23", "05-02", "05-09", "05-10", "07-06", "08-29", "08-30", "10-24", "10-25",
    "12-16",
]  # fmt: skip


def test_kazakhstan_2022_has_moved_days() -> None:
    kz = CALENDARS["KZ"]
    days = [date(2022, 2, 1) + timedelta(days=n) for n in range(334)]
    assert [str(day) for day in days if day.weekday() >= 5 and kz.is_working(day)] == [
        "2022-03-05", "2022-08-27", "2022-10-22",
    ]  # fmt: skip
    assert [f"{day:%m-%d}" for day in days if day.weekday() < 5 and not kz.is_working(day)] == KZ_2022_OFF


@pytest.mark.parametrize("country", ["KG", "KZ", "UZ"])
def test_country_has_each_year(country: str) -> None:
    assert sorted(CALENDARS[country].years) == list(range(2018, 2030))


@pytest.mark.parametrize(("country", "year"), [("KG", 2019), ("KZ", 2022), ("UZ", 2026)])
def test_second_seed_changes_nothing(country: str, year: int, tmp_path: Path) -> None:
    file = calendar.year_file(country, year)
    copy = Path(shutil.copy(file, tmp_path))
    assert seed.seed(country, year, tmp_path) is False
    assert copy.read_bytes() == file.read_bytes()


def test_decree_survives_a_seed(tmp_path: Path) -> None:
    """It also wins over the seed."""
    shutil.copy(calendar.DATA / "countries.yaml", tmp_path)
    file = Path(shutil.copy(calendar.year_file("KG", 2027), tmp_path))
    raw = yaml.safe_load(file.read_text())
    raw["decrees"] = {"days_off": {date(2027, 3, 10): "Eid al-Fitr"}, "working": {date(2027, 3, 9): "by decree"}}
    raw["days_off"].pop(date(2027, 8, 31))  # as if an older seed had not known it
    file.write_text(yaml.safe_dump(raw))

    assert seed.seed("KG", 2027, tmp_path) is True

    kyrgyz = calendar.load_calendars(tmp_path)["KG"]
    assert kyrgyz.years[2027].version == raw["version"] + 1
    assert kyrgyz.is_working(date(2027, 3, 9))
    assert not kyrgyz.is_working(date(2027, 3, 10))
    assert not kyrgyz.is_working(date(2027, 8, 31))


def test_day_of_another_year_is_refused(tmp_path: Path) -> None:
    shutil.copy(calendar.DATA / "countries.yaml", tmp_path)
    file = Path(shutil.copy(calendar.year_file("KG", 2027), tmp_path))
    file.write_text(file.read_text().replace("2027-03-08", "2026-03-08"))
    with pytest.raises(FileError, match=r"kg-2027\.yaml"):
        calendar.load_calendars(tmp_path)


def test_unseeded_year_is_missing() -> None:
    with pytest.raises(CalendarMissing):
        CALENDARS["UZ"].is_working(date(2050, 1, 1))


def test_years_without_decrees_are_provisional() -> None:
    assert not CALENDARS["KG"].is_provisional(date(2025, 12, 31))
    assert CALENDARS["KG"].is_provisional(date(2026, 1, 1))
