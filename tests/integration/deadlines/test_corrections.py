"""A decree after a term was set: `natija deadlines recompute` corrects it on the log, and `why` tells so."""

import shutil
from datetime import date
from pathlib import Path

import pytest
import yaml
from tests.integration.deadlines.conftest import Work
from tests.unit.deadlines.history import at

from natija_events.types.deadlines import TermCorrected
from natija_terms.calendars import files


@pytest.fixture
def decreed(tmp_path: Path) -> str:
    """A folder of calendars in which 12 November 2026 is a day off by a decree of that week."""
    folder = Path(shutil.copytree(files.DATA, tmp_path / "calendars"))
    file = files.year_file("KG", 2026, folder)
    content = yaml.safe_load(file.read_text())
    content["decrees"].append({"published": date(2026, 11, 9), "days_off": {date(2026, 11, 12): "by decree"}})
    file.write_text(yaml.safe_dump(content))
    return str(folder)


async def test_decree_corrects_a_term_once(work: Work, decreed: str) -> None:
    """First only told, then proposed. A second run finds nothing."""
    appeal = await work.register(topic="roads", region="bishkek")
    await work.until(appeal, "routed", "term-set")
    command = ("deadlines", "recompute", "--format", "json")

    told = [one for one in (await work.realm.run(*command, NATIJA_CALENDARS=decreed)).json() if one["appeal"] == appeal]
    assert [(one["was_on"], one["due_on"], one["annuls"]) for one in told] == [("2026-11-20", "2026-11-23", False)]
    assert "term-corrected" not in {event.type.split(".")[1] for event in await work.log(appeal)}

    await work.realm.run(*command, "--propose", NATIJA_CALENDARS=decreed)
    events = await work.until(appeal, "term-corrected")
    (corrected,) = [event.data for event in events if isinstance(event.data, TermCorrected)]
    assert (corrected.due, corrected.policy) == (at("2026-11-24T00:00+06:00"), "kg-law-67/1")

    assert (await work.realm.run(*command, NATIJA_CALENDARS=decreed)).json() == []
    why = await work.realm.run("deadlines", "why", appeal, "--lang", "ky", NATIJA_CALENDARS=decreed)
    assert why.stdout.splitlines()[-1].endswith("answer-1 мөөнөтү оңдолду: ал 2026-11-23 күнүнүн аягында бүтөт.")
