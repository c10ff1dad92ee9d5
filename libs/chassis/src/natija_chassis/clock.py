"""The injected clock: a demo can run a month in a minute, and a test can stop the time. Kafka's timestamps stay wall
time."""

import json
import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

FILE_POLL_SECONDS = 0.1
"""Seconds between two reads of a clock file."""


class Clock(Protocol):
    """A source of time. It never goes back unless somebody sets it back."""

    def now(self) -> datetime:
        """Now, aware, in UTC."""
        ...


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(slots=True)
class FixedClock:
    """A clock that does not move by itself: for tests."""

    instant: datetime

    def now(self) -> datetime:
        return self.instant

    def advance(self, by: timedelta) -> None:
        self.instant += by


@dataclass(frozen=True, slots=True)
class ClockSetting:
    """A line from real to virtual time: at *real* it was *virtual*, and it runs *speed* times as fast."""

    real: datetime
    virtual: datetime
    speed: float

    def at(self, real: datetime) -> datetime:
        return self.virtual + (real - self.real) * self.speed


@dataclass(slots=True)
class FileClock:
    """A clock that whole stacks share through a small JSON file; without the file it is the system's.

    The file holds ``{"real": iso, "virtual": iso, "speed": float}``.
    """

    path: Path
    _looked: float = field(default=float("-inf"), init=False)
    _changed: int | None = field(default=None, init=False)
    _setting: ClockSetting | None = field(default=None, init=False)

    def now(self) -> datetime:
        self._look()
        real = datetime.now(UTC)
        return self._setting.at(real) if self._setting else real

    @property
    def speed(self) -> float:
        """How many times as fast as real time it runs."""
        self._look()
        return self._setting.speed if self._setting else 1.0

    def set(self, virtual: datetime, speed: float = 1.0) -> None:
        """From now on it is *virtual* and runs *speed* times as fast. Whole or not at all: the file is replaced."""
        setting = {
            "real": datetime.now(UTC).isoformat(),
            "virtual": virtual.astimezone(UTC).isoformat(),
            "speed": speed,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        draft.write_text(json.dumps(setting))
        draft.replace(self.path)
        self._looked = float("-inf")

    def move(self, by: timedelta, speed: float | None = None) -> None:
        """Set the clock on by *by*, and to another *speed* if one is given."""
        self.set(self.now() + by, self.speed if speed is None else speed)

    def reset(self) -> None:
        """System time again."""
        self.path.unlink(missing_ok=True)
        self._looked = float("-inf")

    def _look(self) -> None:
        if time.monotonic() - self._looked < FILE_POLL_SECONDS:
            return
        self._looked = time.monotonic()
        try:
            changed = self.path.stat().st_mtime_ns
            if changed != self._changed:
                self._setting, self._changed = _read(self.path), changed
        except FileNotFoundError:
            self._setting, self._changed = None, None


def _read(path: Path) -> ClockSetting:
    raw = json.loads(path.read_text())
    return ClockSetting(
        datetime.fromisoformat(raw["real"]), datetime.fromisoformat(raw["virtual"]), float(raw["speed"])
    )


def clock_from(setting: str) -> Clock:
    """The clock that NATIJA_CLOCK names: ``system`` or ``file:PATH``."""
    kind, _, path = setting.partition(":")
    return FileClock(Path(path)) if kind == "file" else SystemClock()


def parse_duration(text: str) -> timedelta:
    """A length of time as one types it: ``90s``, ``30m``, ``12h``, ``20d``. Raises ValueError."""
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    if not (text[:-1].isdigit() and text[-1:] in units):
        raise ValueError("must be a whole number and s, m, h or d (example: 20d)")
    return timedelta(**{units[text[-1]]: int(text[:-1])})


def describe_clock(clock: Clock) -> str:
    """The time and the kind of clock, in one line."""
    if isinstance(clock, FileClock) and clock.path.exists():
        return f"{clock.now():%Y-%m-%d %H:%M:%S} UTC, {clock.speed:g} times real time"
    return f"{clock.now():%Y-%m-%d %H:%M:%S} UTC, system time"
