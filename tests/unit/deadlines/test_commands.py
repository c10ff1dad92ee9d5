"""`natija deadlines seed-calendars`: the small command that seeds a year."""

from datetime import date
from pathlib import Path

from typer.testing import CliRunner

from natija_chassis.realm import yaml_file
from natija_deadlines.commands import app
from natija_terms.calendars import files


def test_year_is_seeded_once(tmp_path: Path) -> None:
    asked = [
        "deadlines",
        "seed-calendars",
        "--country",
        "UZ",
        "--from",
        "2030",
        "--to",
        "2031",
        "--folder",
        str(tmp_path),
    ]
    first, again = CliRunner().invoke(app, asked), CliRunner().invoke(app, asked)
    assert (first.exit_code, first.output) == (0, "UZ 2030: written\nUZ 2031: written\n")
    assert again.output == "UZ 2030: unchanged\nUZ 2031: unchanged\n"
    assert yaml_file.read(files.year_file("UZ", 2031, tmp_path))["decreed_through"] == date(2030, 12, 31)


def test_unknown_country_is_refused(tmp_path: Path) -> None:
    asked = [
        "deadlines",
        "seed-calendars",
        "--country",
        "FR",
        "--from",
        "2030",
        "--to",
        "2030",
        "--folder",
        str(tmp_path),
    ]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 2
    assert not list(tmp_path.iterdir())
