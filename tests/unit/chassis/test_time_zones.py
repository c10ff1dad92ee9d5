"""Time zones come from the pinned package, whatever files the machine has."""

import ast
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import tzdata
from tests.stack import REPOSITORY

from natija_chassis import time_zones
from natija_chassis.errors import OperatorError
from natija_chassis.time_zones import check_version, time_zone


@pytest.fixture
def other_files(tmp_path: Path) -> Iterator[None]:
    """A machine on which Bishkek has the time of Tokyo."""
    source = Path(tzdata.__file__).parent / "zoneinfo" / "Asia" / "Tokyo"
    (tmp_path / "Asia").mkdir()
    (tmp_path / "Asia" / "Bishkek").write_bytes(source.read_bytes())
    zoneinfo.reset_tzpath(to=[str(tmp_path)])
    zoneinfo.ZoneInfo.clear_cache()
    time_zone.cache_clear()
    yield
    zoneinfo.reset_tzpath()
    zoneinfo.ZoneInfo.clear_cache()


def offset(zone: zoneinfo.ZoneInfo, *day: int) -> timedelta | None:
    return datetime(*day, tzinfo=UTC).astimezone(zone).utcoffset()  # type: ignore[arg-type, misc]


def test_machine_files_do_not_matter(other_files: None) -> None:
    assert offset(zoneinfo.ZoneInfo("Asia/Bishkek"), 2024, 6, 1) == timedelta(hours=9)
    assert offset(time_zone("Asia/Bishkek"), 2024, 6, 1) == timedelta(hours=6)


def test_kazakhstan_has_one_zone() -> None:
    for name in ("Asia/Almaty", "Asia/Qostanay", "Asia/Aqtau"):
        assert offset(time_zone(name), 2024, 3, 2) == timedelta(hours=5)


@pytest.mark.parametrize("name", ["", "Kyrgyzstan", "../zones", "/etc/passwd", "Asia", "asia/bishkek"])
def test_unknown_zone_is_named_wrong(name: str) -> None:
    with pytest.raises(ValueError, match="not a time zone"):
        time_zone(name)


def test_old_data_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    check_version(time_zones.MINIMUM)
    monkeypatch.setattr(tzdata, "IANA_VERSION", "2023d")
    time_zone.cache_clear()
    with pytest.raises(OperatorError, match="release 2023d, and 2024a is the oldest"):
        time_zone("Asia/Bishkek")


def test_nobody_else_makes_zones() -> None:
    """One module says where zones come from."""
    makers = [
        path.name
        for folder in ("libs", "services")
        for path in (REPOSITORY / folder).glob("*/src/**/*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("ZoneInfo", "zoneinfo."))
    ]
    assert makers == ["time_zones.py"]
