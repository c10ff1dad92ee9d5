"""A register is imported through the inbox: every row's outcome is told, once, whatever happens on the way."""

import asyncio
import csv
import gzip
from pathlib import Path

from tests.stack import REPOSITORY, Realm
from tests.unit.intake.imports.boston import CASE, HEADER

from natija_events.kafka import read
from natija_events.lifecycle.fold import fold
from natija_events.wire.record import RecordedEvent

BOSTON = str(REPOSITORY / "examples/boston311.yaml")


def cases(count: int, **changes: str) -> list[dict[str, str]]:
    """So many cases, each with an id of its own."""
    return [CASE | {"CASE_ENQUIRY_ID": f"{number:06d}"} | changes for number in range(1, count + 1)]


def write(path: Path, rows: list[dict[str, str]]) -> str:
    with gzip.open(path, "wt", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, HEADER)
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


def rejected(file: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text(f"{file}.rejected.csv").splitlines()))


def text(path: str) -> str:
    return Path(path).read_text()


async def history(realm: Realm) -> dict[str, list[RecordedEvent]]:
    """Every event of the realm's log by the case it is of."""
    found: dict[str, list[RecordedEvent]] = {}
    async for event in read(realm.servers.kafka, realm.name):
        found.setdefault(event.subject, []).append(event)
    return {(appeal.external_id or "") if (appeal := fold(one)) else "": one for one in found.values()}


async def test_rows_become_appeals(realm: Realm, tmp_path: Path) -> None:
    """A rejected row is listed with line, column and reason."""
    rows = cases(12)
    rows[2] |= {"CLOSED_DT": "01/30/2015 09:00:00 AM"}  # before it was opened: the registrar's to refuse
    rows[4] |= {"OPEN_DT": "when Smith called"}
    rows[6] |= {"Source": "Talking Lamp Post", "TARGET_DT": ""}
    rows[7] |= {"CASE_ENQUIRY_ID": ""}
    rows[9] |= {"CASE_ENQUIRY_ID": "000009", "TYPE": "Something else"}  # the id of the row before, another case
    rows[11] = dict(rows[10])  # the same case twice
    file = write(tmp_path / "cases.csv.gz", rows)
    await realm.serve("registrar")

    done = await realm.run("import", file, "--mapping", BOSTON, "--format", "json")
    summary = done.json()
    assert (summary["rows"], summary["events"]) == (12, 31)
    assert summary["registered"] == {"rows": 7, "events": 27}
    assert summary["already_registered"] == {"rows": 1, "events": 4}
    assert summary["rejected"] == {"unlawful": 1, "invalid": 2, "reused": 1}
    assert summary["unmapped"] == {"Source": 1}

    told = [(row["line"], row["column"], row["reason"], row["rule"]) for row in rejected(file)]
    assert told == [
        ("4", "CLOSED_DT", "unlawful", "is dated before the appeal's registration"),
        ("6", "OPEN_DT", "invalid", "is not a time in the form %m/%d/%Y %I:%M:%S %p"),
        ("9", "CASE_ENQUIRY_ID", "invalid", "is blank"),
        ("11", "", "reused", "is already registered on this appeal with other content, at 1"),
    ]
    assert "Smith" not in text(f"{file}.rejected.csv")
    assert "Smith" not in done.stdout + done.stderr

    log = await history(realm)
    assert set(log) == {f"{number:06d}" for number in (1, 2, 4, 6, 7, 9, 11)}
    assert [event.type.split(".")[1] for event in log["000001"]] == ["registered", "routed", "term-set", "answered"]
    assert [event.type.split(".")[1] for event in log["000007"]] == ["registered", "routed", "answered"]

    again = (await realm.run("import", file, "--mapping", BOSTON, "--format", "json")).json()
    assert again["already_registered"] == {"rows": 8, "events": 31}
    assert again["registered"] == {"rows": 0, "events": 0}
    assert again["rejected"] == summary["rejected"]
    assert await history(realm) == log

    table = (await realm.run("import", file, "--mapping", BOSTON)).stdout
    assert "already registered" in table
    assert "rejected: unlawful" in table
    assert max(len(line) for line in table.splitlines() if "rejected.csv" not in line) <= 80


async def test_letters_never_become_rows(realm: Realm, tmp_path: Path) -> None:
    """A letter over the limit holds rows, a date is from before 1900, a quote is not closed. Each rejects its own
    lines, and where the next row begins is not guessed."""
    forged = ",".join(cases(1, CASE_ENQUIRY_ID="666666", OPEN_DT="01/31/2015 04:05:06 PM")[0].values())
    rows = cases(4)
    rows[1]["CASE_TITLE"] = f"line\n{forged}\n" + "z" * 1_000_000
    rows[2]["CLOSED_DT"] = "12/30/1899 12:00:00 AM"
    rows[3]["CASE_TITLE"] = "Light, out"
    file = write(tmp_path / "cases.csv.gz", rows)
    with gzip.open(file, "at", encoding="utf-8", newline="") as stream:
        stream.write(forged.replace("666666", '"000005') + "\n" + forged + "\n")
    await realm.serve("registrar")

    done = await realm.run("import", file, "--mapping", BOSTON, "--format", "json", expect=1)
    assert "nothing is read from line 8 on: correct the quotes" in done.stderr
    assert [(row["line"], row["last_line"], row["column"], row["reason"]) for row in rejected(file)] == [
        ("3", "5", "", "unreadable"),
        ("6", "6", "CLOSED_DT", "invalid"),
        ("8", "9", "", "unreadable"),
    ]
    assert set(await history(realm)) == {"000001", "000004"}


async def test_killed_import_registers_rows_once(realm: Realm, tmp_path: Path) -> None:
    """The import is killed and run again, then the registrar is killed."""
    file = write(tmp_path / "cases.csv.gz", cases(2500))
    registrar = await realm.serve("registrar")
    first = await realm.start("import", file, "--mapping", BOSTON)
    await until_registered(realm, 200)
    await first.kill()

    second = await realm.start("import", file, "--mapping", BOSTON, "--format", "json")
    await until_registered(realm, 4000)
    await registrar.kill()
    await realm.serve("registrar")
    assert await asyncio.wait_for(second.process.wait(), 60) == 0, second.output()

    log = await history(realm)
    assert len(log) == 2500
    assert {len(events) for events in log.values()} == {4}


async def until_registered(realm: Realm, count: int) -> None:
    seen = 0
    async with asyncio.timeout(60):
        async for _ in read(realm.servers.kafka, realm.name, follow=True):
            seen += 1
            if seen >= count:
                return


async def test_import_waits_for_the_registrar(realm: Realm, tmp_path: Path) -> None:
    """It says so once."""
    file = write(tmp_path / "cases.csv.gz", cases(30))
    waiting = await realm.start("import", file, "--mapping", BOSTON, NATIJA_IMPORT_IN_FLIGHT="10")
    async with asyncio.timeout(40):
        while "10 rows wait for the registrar" not in waiting.output():
            assert waiting.process.returncode is None, waiting.output()
            await asyncio.sleep(0.2)
    await realm.serve("registrar")
    assert await asyncio.wait_for(waiting.process.wait(), 30) == 0
    assert len(await history(realm)) == 30


async def test_import_stops_without_kafka(registry: Realm, tmp_path: Path) -> None:
    """It says what to do."""
    file = write(tmp_path / "cases.csv.gz", cases(3))
    done = await registry.run("import", file, "--mapping", BOSTON, expect=1, NATIJA_KAFKA="127.0.0.1:1")
    assert "Kafka at 127.0.0.1:1 does not answer" in done.stderr
    assert "Run the same command again" in done.stderr


async def test_wrong_files_are_refused_first(registry: Realm, tmp_path: Path) -> None:
    """Before anything is proposed."""
    file = tmp_path / "cases.csv"
    file.write_text("CASE_ENQUIRY_ID,OPEN_DT\n1,2\n")
    done = await registry.run("import", str(file), "--mapping", BOSTON, expect=1)
    assert "columns that the file does not have: CASE_TITLE" in done.stderr

    mapping = tmp_path / "map.yaml"
    mapping.write_text(text(BOSTON).replace("map: channel", "map: chanel"))
    done = await registry.run("import", str(file), "--mapping", str(mapping), expect=1)
    assert "events.0.data.channel.map: there is no map values.chanel" in done.stderr

    whole = write(tmp_path / "cases.csv.gz", cases(1))
    done = await registry.run("import", whole, "--mapping", BOSTON, "--rejected", "/proc/x.csv", expect=1)
    assert "cannot write /proc/x.csv: choose another file with --rejected PATH" in done.stderr
