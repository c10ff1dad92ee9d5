"""Working calendars: the checked-in files, decrees, what was known when, and files that are refused."""

import shutil
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Any

import pytest
import yaml

from natija_chassis.realm.yaml_file import FileError
from natija_terms.calendars import files, seed
from natija_terms.calendars.calendar import CalendarMissing

CALENDARS = files.load_calendars()
KZ_2022_OFF = [
    "03-07", "03-08", "03-21", "03-22", "03-23", "05-02", "05-09", "05-10", "07-06", "08-29", "08-30", "10-24", "10-25",
    "12-16",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The index of all calendars, and one file: that of Kyrgyzstan for 2027."""
    shutil.copy(files.DATA / files.CALENDARS, tmp_path)
    shutil.copy(files.year_file("KG", 2027), tmp_path)
    return tmp_path


def change(folder: Path, **changes: Any) -> Path:
    """Change members of that file."""
    file = files.year_file("KG", 2027, folder)
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | changes))
    return file


def decree(**changes: Any) -> dict[str, Any]:
    return {"published": date(2027, 3, 1), **changes}


def test_kazakhstan_2022_has_moved_days() -> None:
    kz = CALENDARS["KZ"]
    days = [date(2022, 2, 1) + timedelta(days=n) for n in range(334)]
    assert [str(day) for day in days if day.weekday() >= 5 and kz.is_working(day)] == [
        "2022-03-05", "2022-08-27", "2022-10-22",
    ]  # fmt: skip
    assert [f"{day:%m-%d}" for day in days if day.weekday() < 5 and not kz.is_working(day)] == KZ_2022_OFF


def test_decree_of_2025_is_known() -> None:
    """Kyrgyzstan: 8 and 9 January 2026 are off by the decree of 26.12.2025."""
    kyrgyz = CALENDARS["KG"]
    assert [kyrgyz.is_working(date(2026, 1, day)) for day in (7, 8, 9, 12)] == [False, False, False, True]
    assert kyrgyz.known_at(date(2025, 12, 25)).is_working(date(2026, 1, 8))


@pytest.mark.parametrize("country", ["KG", "KZ", "UZ"])
def test_country_has_each_year(country: str) -> None:
    assert sorted(CALENDARS[country].years) == list(range(2018, 2030))


@pytest.mark.parametrize(("country", "year"), [("KG", 2019), ("KG", 2021), ("KG", 2026), ("KZ", 2022), ("UZ", 2026)])
def test_second_seed_changes_nothing(country: str, year: int, tmp_path: Path) -> None:
    """A day that a decree changes is seeded as it was before."""
    file = files.year_file(country, year)
    copy = Path(shutil.copy(file, tmp_path))
    assert seed.seed(country, year, tmp_path) is False
    assert copy.read_bytes() == file.read_bytes()


def test_decree_survives_a_seed(folder: Path) -> None:
    """It also wins over the seed."""
    decrees = [decree(days_off={date(2027, 3, 11): "by decree"}, working={date(2027, 3, 8): "by decree"})]
    raw = yaml.safe_load(files.year_file("KG", 2027).read_text())
    raw["days_off"].pop(date(2027, 8, 31))  # as if an older seed had not known it
    change(folder, decrees=decrees, days_off=raw["days_off"])

    assert seed.seed("KG", 2027, folder) is True

    kyrgyz = files.load_calendars(folder)["KG"]
    assert kyrgyz.is_working(date(2027, 3, 8))
    assert not kyrgyz.is_working(date(2027, 3, 11))
    assert not kyrgyz.is_working(date(2027, 8, 31))


def test_later_decree_wins(folder: Path) -> None:
    """Each is known from its day on."""
    day = date(2027, 3, 11)
    first, second = decree(days_off={day: "off"}), decree(published=date(2027, 3, 5), working={day: "worked"})
    change(folder, decrees=[first, second])
    calendar = files.load_calendars(folder)["KG"]
    known = [calendar.known_at(date(2027, *of)).is_working(day) for of in ((2, 28), (3, 1), (3, 4), (3, 5))]
    assert known == [True, False, False, True]
    assert calendar.is_working(day)


@pytest.mark.parametrize(
    ("changes", "field", "rule"),
    [
        ({"days_off": None}, "days_off", "is empty: write {} where there is none"),
        ({"decrees": None}, "decrees", "is empty"),
        ({"days_off": [date(2027, 3, 8)]}, "days_off", "valid"),
        ({"year": 2026}, "year", "is KG 2026, unlike the file's name"),
        ({"calendar": "KZ"}, "year", "is KZ 2027, unlike the file's name"),
        ({"short_hours": {}}, "short_hours", "not permitted"),
        ({"days_off": {date(2026, 3, 8): "slip"}}, "", "every day must be of 2027"),
        ({"decrees": [decree(days_off={date(2027, 3, 7): "a Sunday"})]}, "decrees.0", "changes nothing on 2027-03-07"),
        ({"decrees": [decree(working={date(2027, 6, 8): "a Tuesday"})]}, "decrees.0", "changes nothing on 2027-06-08"),
        ({"decrees": [decree()]}, "decrees.0", "changes nothing"),
        ({"decrees": [decree(published=date(2027, 5, 1), days_off={date(2027, 6, 1): "x"}),
                      decree(days_off={date(2027, 6, 2): "y"})]}, "decrees", "in the order of their publication"),
        ({"decrees": [{"days_off": {date(2027, 6, 2): "y"}}]}, "decrees.0.published", "required"),
        ({"suspensions": [{"first": date(2027, 6, 2), "last": date(2027, 6, 1), "reason": "x"}]}, "suspensions",
         "last must be first or later"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)  # fmt: skip
def test_slip_of_the_pen_is_refused(folder: Path, changes: dict[str, Any], field: str, rule: str) -> None:
    """The error names the file and the field."""
    change(folder, **changes)
    with pytest.raises(FileError) as error:
        files.load_calendars(folder)
    assert "kg-2027.yaml" in str(error.value)
    assert field in str(error.value)
    assert rule in str(error.value)


def test_gap_between_years_is_refused(folder: Path) -> None:
    shutil.copy(files.year_file("KG", 2025), folder)
    with pytest.raises(FileError, match=r"calendars\.yaml.*KG: has a gap: its years are 2025, 2027"):
        files.load_calendars(folder)


def test_body_has_days_over_its_country(folder: Path) -> None:
    """A calendar of its own needs only what differs."""
    own = {"calendar": "KG-BODY", "year": 2027, "decreed_through": date(2027, 12, 31), "working": {}, "decrees": []}
    days = {"days_off": {date(2027, 6, 1): "day of the city"}, "short_days": {date(2027, 6, 2): "15:00:00"}}
    files.year_file("KG-BODY", 2027, folder).write_text(yaml.safe_dump(own | days))
    with (folder / files.CALENDARS).open("a") as index:
        index.write("KG-BODY: {based_on: KG, zone: Asia/Bishkek}\n")
    found = files.load_calendars(folder)
    day = date(2027, 6, 1)
    assert (found["KG"].is_working(day), found["KG-BODY"].is_working(day)) == (True, False)
    assert not found["KG-BODY"].is_working(date(2027, 3, 8))
    assert found["KG-BODY"].cut_off(date(2027, 6, 2), time_of_day(18)) == time_of_day(15)


def test_version_names_the_days(folder: Path) -> None:
    """Another decree, another version; the years that a term does not touch do not count."""
    first, last = date(2026, 12, 1), date(2027, 1, 31)
    before = files.load_calendars(folder)["KG"]
    change(folder, decrees=[decree(days_off={date(2027, 3, 11): "off"})])
    after = files.load_calendars(folder)["KG"]
    assert before.version(first, last) != after.version(first, last)
    assert before.version(first, last) == after.known_at(date(2027, 1, 1)).version(first, last)
    assert before.version(first, date(2026, 12, 31)) == after.version(first, date(2026, 12, 31))


def test_unseeded_year_is_missing() -> None:
    with pytest.raises(CalendarMissing):
        CALENDARS["UZ"].is_working(date(2050, 1, 1))


def test_undecreed_days_are_provisional() -> None:
    """Each year says until which day its decrees are known."""
    kyrgyz = CALENDARS["KG"]
    days = (date(2025, 12, 31), date(2026, 5, 31), date(2026, 6, 1), date(2027, 1, 1), date(2050, 1, 1))
    assert [kyrgyz.is_provisional(day) for day in days] == [False, False, True, True, True]


def test_leap_day_belongs_to_almaty() -> None:
    """On 29 February 2024 Kazakhstan set its clocks back: 17:30Z and 18:30Z are both of that day."""
    instants = [datetime.fromisoformat(f"2024-02-29T{time}Z") for time in ("17:30", "18:30")]
    assert {CALENDARS["KZ"].local(instant).date() for instant in instants} == {date(2024, 2, 29)}
