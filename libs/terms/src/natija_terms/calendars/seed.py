"""Seeds the calendar files from the `holidays` package, which knows most days off and many moved ones.

It is a start, not the law: moved days of coming years are unknown to it, and religious days are estimates. The content
of a decree is written under ``decrees`` in the file, by hand, and survives a new seed. A day that a decree changes is
seeded as it was before the decree.
"""

from calendar import isleap
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from natija_chassis.realm import yaml_file
from natija_terms.calendars.files import DATA, YearFile, year_file

_HEADER = """\
# Written by `natija deadlines seed-calendars`. Entries under `decrees` are ours; they win and survive a new run.
"""


COUNTRIES = ("KG", "KZ", "UZ")


def seed(country: str, year: int, folder: Path = DATA) -> bool:
    """Write the calendar of *country* for *year*; True when that changed the file."""
    path = year_file(country, year, folder)
    before: dict[str, Any] = yaml_file.read(path) if path.exists() else {}
    decrees = before.get("decrees") or []
    known = before.get("decreed_through") or date(year - 1, 12, 31)
    seeded: dict[str, Any] = {
        "calendar": country, "year": year, "decreed_through": known, **_seeded(country, year, decrees),
        **{name: before[name] for name in ("short_days", "suspensions") if name in before}, "decrees": decrees,
    }  # fmt: skip
    YearFile.model_validate(seeded)
    if before == seeded:
        return False
    path.write_text(_HEADER + _written(seeded), encoding="utf-8")
    return True


def _seeded(country: str, year: int, decrees: list[dict[str, Any]]) -> dict[str, Any]:
    import holidays

    known = holidays.country_holidays(country, years=year, language="en_US")
    days = [date(year, 1, 1) + timedelta(days=passed) for passed in range(366 if isleap(year) else 365)]
    weekends = [day for day in days if day.weekday() in known.weekend]
    off = {day: known[day] for day in days if day in known}
    working = {day: "moved" for day in weekends if known.is_working_day(day)}
    for decree in decrees:
        for day in decree.get("days_off", {}):
            off.pop(day, None)
        for day in decree.get("working", {}):
            if day in weekends:
                working.pop(day, None)
            else:
                off.setdefault(day, "off before the decree")
    return {"days_off": dict(sorted(off.items())), "working": working}


def _written(content: dict[str, Any]) -> str:
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:  # a day that stands twice is written twice
            return True

    return yaml.dump(content, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=120)
