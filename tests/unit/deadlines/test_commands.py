"""`natija deadlines seed-calendars`: the small command that seeds a year."""

import json
from datetime import date
from pathlib import Path

import pytest
from tests.guides import REPOSITORY
from typer.testing import CliRunner

from natija_chassis.realm import yaml_file
from natija_deadlines.commands import app
from natija_terms.calendars import files

REALM = REPOSITORY / "deploy" / "realms" / "kz"


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


def test_calculation_is_told_in_steps() -> None:
    asked = ["deadlines", "calculate", "--jurisdiction", "KG", "--kind", "application", "--received"]
    done = CliRunner().invoke(app, [*asked, "2025-12-19T10:00"])
    assert done.exit_code == 0
    first, *steps, unverified = done.output.splitlines()
    assert unverified.startswith("Not checked with the law: valid_from, first_day, cut_off, ")
    assert first.startswith("Law 67 on the consideration of citizens' appeals (kg-law-67/1), calendar KG/")
    assert steps[-1].endswith(
        "The last day is 2026-01-19. The term ends at its 24:00, Asia/Bishkek time (2026-01-19 18:00 UTC)."
    )


def test_calculation_is_json_for_programs() -> None:
    asked = ["deadlines", "calculate", "--jurisdiction", "KZ", "--kind", "request", "--type", "bailiff-request"]
    done = CliRunner().invoke(app, [*asked, "--received", "2026-03-16T09:00", "--format", "json"])
    found = json.loads(done.output)
    assert (found["registered_on"], found["first_day"], found["last_day"]) == ("2026-03-16", "2026-03-17", "2026-03-19")
    assert (found["policy"], found["due"]) == ("kz-appc/1", "2026-03-20T00:00:00+05:00")


@pytest.mark.parametrize(
    ("option", "text", "message"),
    [
        ("--kind", "aplication", "has no kind"),
        ("--type", "notary", "has no country type"),
        ("--jurisdiction", "FR", "not one of KG, KZ, UZ"),
        ("--body", "ministry-of-nothing", "not one of"),
        ("--calendar", "MARS", "not one of"),
        ("--received", "yesterday", "is not a day or time"),
        ("--received", "9999-01-01", "must be in the years"),
        ("--received", "2040-01-01", "no working calendar of KZ for 2040"),
    ],
)
def test_wrong_option_is_named(option: str, text: str, message: str) -> None:
    given = {"--jurisdiction": "KZ", "--kind": "request", "--received": "2026-03-16"} | {option: text}
    given["--realm-files"] = str(REALM)
    done = CliRunner().invoke(app, ["deadlines", "calculate", *(part for pair in given.items() for part in pair)])
    assert done.exit_code == 2
    assert option in done.output
    assert message in " ".join(done.output.replace("│", " ").split())
