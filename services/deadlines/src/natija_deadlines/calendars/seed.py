"""Seeds the calendar files from the `holidays` package, which knows most days off and many moved ones.

It is a start, not the law: moved days of coming years are unknown to it, and religious days are estimates. The content
of a decree is written under ``decrees`` in the file, by hand, and survives a new seed.
"""

from calendar import isleap
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from natija_chassis.realm import yaml_file
from natija_deadlines.calendars.calendar import DATA, year_file

_HEADER = """\
# Written by `natija deadlines seed-calendars`. Entries under `decrees` are ours; they win and survive a new run.
"""


COUNTRIES = ("KG", "KZ", "UZ")


def seed(country: str, year: int, folder: Path = DATA) -> bool:
    """Write the calendar of *country* for *year*; True when that changed the file, whose version then grows by one."""
    path = year_file(country, year, folder)
    before: dict[str, Any] = yaml_file.read(path) if path.exists() else {}
    decrees = before.get("decrees") or {"days_off": {}, "working": {}}
    seeded = {"country": country, "year": year, **_seeded(country, year), "decrees": decrees}
    if {name: before.get(name) for name in seeded} == seeded:
        return False
    path.write_text(_HEADER + _written({"version": before.get("version", 0) + 1, **seeded}), encoding="utf-8")
    return True


def _seeded(country: str, year: int) -> dict[str, Any]:
    import holidays

    known = holidays.country_holidays(country, years=year, language="en_US")
    days = [date(year, 1, 1) + timedelta(days=passed) for passed in range(366 if isleap(year) else 365)]
    weekends = [day for day in days if day.weekday() in known.weekend]
    return {
        "days_off": {day: known[day] for day in days if day in known},
        "working": {day: "moved" for day in weekends if known.is_working_day(day)},
    }


def _written(content: dict[str, Any]) -> str:
    import yaml

    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)
