"""An invented register with the figures of a real report: for a demo, and to test the reports against the printed
figures.

A marginals file has the number of appeals of each channel, region and topic. The report it was taken
from gives no cross-table, so any joint assignment is as true as another: each column is shuffled by itself.
"""

import random
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Self, TextIO

from pydantic import BaseModel, ConfigDict, Field, model_validator

from natija_chassis.realm import yaml_file
from natija_chassis.reports.output import as_csv

COLUMNS = ("number", "received", "form", "channel", "region", "topic")
_OPENS, _CLOSES = time(8), time(18)
_MINUTES = (_CLOSES.hour - _OPENS.hour) * 60


class Group(BaseModel):
    """The appeals of one form. A column that is not given stays blank; one that is given adds up to *total*."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    form: str
    total: int = Field(ge=0)
    channel: Mapping[str, int] = Field(default_factory=dict)
    region: Mapping[str, int] = Field(default_factory=dict)
    topic: Mapping[str, int] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _each_column_adds_up(self) -> Self:
        for name in ("channel", "region", "topic"):
            counts = getattr(self, name)
            if any(count < 0 for count in counts.values()):
                raise ValueError(f"{self.form}: {name} has a count below 0")
            if counts and sum(counts.values()) != self.total:
                raise ValueError(f"{self.form}: {name} adds up to {sum(counts.values())}, not to {self.total}")
        return self


class Marginals(BaseModel):
    """The counts of a register of the days from *first_day* to *last_day* (both included, local days)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first_day: date
    last_day: date
    groups: tuple[Group, ...]

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if self.last_day < self.first_day:
            raise ValueError("last_day is before first_day")
        return self


def load_marginals(path: Path) -> Marginals:
    """Read a marginals file (YAML). Raises `FileError`."""
    return yaml_file.load(path, Marginals)


def rows(marginals: Marginals, seed: int) -> Iterator[tuple[str, ...]]:
    """The register's rows in order of receipt, as `COLUMNS` names them; the same for the same *seed*, anywhere."""
    chance = random.Random(seed)  # noqa: S311  # a sample, not a secret
    drawn = [row for group in marginals.groups for row in _drawn(group, marginals, chance)]
    drawn.sort(key=lambda row: row[0])
    for number, (received, *rest) in enumerate(drawn, start=1):
        yield f"{number:05d}", f"{received:%Y-%m-%d %H:%M}", *rest


def write_sample(marginals: Marginals, seed: int, target: TextIO) -> int:
    """Write the register as CSV; the number of its rows."""
    found = list(rows(marginals, seed))
    target.write(as_csv(COLUMNS, found))
    return len(found)


def _drawn(group: Group, marginals: Marginals, chance: random.Random) -> list[tuple[datetime, str, str, str, str]]:
    days = (marginals.last_day - marginals.first_day).days + 1
    opening = datetime.combine(marginals.first_day, _OPENS)
    received = [
        opening + timedelta(days=chance.randrange(days), minutes=chance.randrange(_MINUTES)) for _ in range(group.total)
    ]
    shuffled = [_shuffled(counts, group.total, chance) for counts in (group.channel, group.region, group.topic)]
    return [(at, group.form, *values) for at, *values in zip(received, *shuffled, strict=True)]


def _shuffled(counts: Mapping[str, int], total: int, chance: random.Random) -> list[str]:
    values = [value for value, count in counts.items() for _ in range(count)] or [""] * total
    chance.shuffle(values)
    return values
