"""CONTRACT.md and AsyncAPI are what the code says."""

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.packages import FETCH_SECONDS, ready_folder
from tests.unit.events.examples import LEAST

from natija_events.documents.__main__ import documents
from natija_events.documents.tables import ATTRIBUTES, STAMPED, with_tables
from natija_events.ids import is_appeal_number
from natija_events.lifecycle.transitions import TERMINAL, Standing, evolve, find_violation
from natija_events.reference.records import read_record
from natija_events.schema.registry import REGISTRY
from natija_events.signatures import SigningKey
from natija_events.wire.names import PROPOSED, STAMPS, WRAPPEDKEY
from natija_events.wire.proposal import read_proposal
from natija_events.wire.values import PUBLISHERKEY

CONTRACT = Path("libs/events/CONTRACT.md")
NUMBER, NOW = "KG-7K3M-9QX4-T2R8-MA", datetime(2026, 3, 31, tzinfo=UTC)
ASYNCAPI = json.loads(Path("libs/events/asyncapi.json").read_text())


def test_documents_are_current() -> None:
    for path, content in documents().items():
        assert path.read_text() == content, f"{path}: python -m natija_events.documents --write"


def test_stale_page_is_made_current() -> None:
    page = CONTRACT.read_text()
    assert with_tables(page.replace("| events of a proposal | 200 |", "| events | 2 |")) == page


def test_page_without_a_table_is_refused() -> None:
    with pytest.raises(ValueError, match="limits"):
        with_tables(CONTRACT.read_text().replace("<!-- limits -->", ""))


def test_tables_have_every_attribute() -> None:
    assert {one.name for one in ATTRIBUTES} >= PROPOSED | {WRAPPEDKEY}
    assert {one.name for one in STAMPED} == set(STAMPS)


def test_numbers_on_the_page_are_numbers() -> None:
    """A wrong example would teach a wrong check digit."""
    found = re.findall(r"\b[A-Z]{2}(?:-[0-9A-Z]{2,4}){4}\b", CONTRACT.read_text())
    assert found
    assert all(map(is_appeal_number, found))


def test_page_names_types_that_leave_the_end() -> None:
    """Every other event that is lawful after an end changes no state: a fold in another language relies on it."""
    leaving = set()
    for end in TERMINAL:
        standing = Standing(end, resume=("IN_WORK",))
        for data in LEAST:
            after = evolve(standing, data.type, NOW, data).state
            if find_violation(standing, NUMBER, NOW, data) is None and after != end:
                leaving.add(data.type.split(".")[1])
    sentences = CONTRACT.read_text().partition("with two exceptions.")[2]
    assert set(re.findall(r"`([a-z-]+)` leads", sentences[:400])) == leaving


def test_examples_of_attributes_are_read() -> None:
    """An example may be shortened: then it ends in an ellipsis, and so do its parts."""
    whole = {one.name: one.example for one in ATTRIBUTES if "…" not in one.example and one.need != "signed"}
    assert whole.keys() == PROPOSED - {"publisherkey", "signature", WRAPPEDKEY}
    (event,) = read_proposal(b"{}", [(f"ce_{name}", example.encode()) for name, example in whole.items()]).events
    assert event.subject == whole["subject"]
    (key,) = (one.example for one in ATTRIBUTES if one.name == "publisherkey")
    assert PUBLISHERKEY.fullmatch(key)


def test_reference_record_on_the_page_is_one() -> None:
    (example,) = re.findall(r"^```json\n(.*?)^```$", CONTRACT.read_text(), re.MULTILINE | re.DOTALL)
    record = read_record(b"topic/roads", example.encode())
    assert (record.kind, record.id, record.revision) == ("topic", "roads", 2)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not on this machine")
def test_command_makes_a_signing_key(tmp_path: Path) -> None:
    command, public = re.findall(r"`(openssl [^`]*)`", CONTRACT.read_text())
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    assert SigningKey.from_pem((tmp_path / command.split()[-1]).read_bytes()).public_text
    done = subprocess.run(public.split(), cwd=tmp_path, check=True, capture_output=True, text=True)
    assert done.stdout.startswith("-----BEGIN PUBLIC KEY-----")


def references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [one for value in part.values() for one in references(value)]
    return [one for value in part for one in references(value)] if isinstance(part, list) else []


def test_references_of_asyncapi_resolve() -> None:
    found = references(ASYNCAPI)
    assert len(found) > 200
    for reference in found:
        file, _, pointer = reference.partition("#/")
        if file:
            assert (CONTRACT.parent / file).is_file(), reference
            continue
        part: Any = ASYNCAPI
        for name in pointer.split("/"):
            part = part[name]


def test_examples_of_asyncapi_are_admitted() -> None:
    """Each message of an event has an example that the registrar would admit."""
    messages = {name: one for name, one in ASYNCAPI["components"]["messages"].items() if name.endswith(".v1")}
    assert {name.partition(".")[2] for name in messages} == REGISTRY.models.keys()
    for message in messages.values():
        (example,) = message["examples"]
        REGISTRY.admit(message["name"], json.dumps(example["payload"]).encode())


@pytest.mark.thorough
@pytest.mark.timeout(FETCH_SECONDS + 180)
def test_asyncapi_parser_accepts_the_document() -> None:
    """The official parser, which fetches its packages once."""
    files = sorted((Path(__file__).parent / "asyncapi").iterdir())
    folder = ready_folder("asyncapi", files, [["npm", "install", "--silent", "--no-audit", "--no-fund"]])
    command = ["node", str(folder / "parse.mjs"), str(Path("libs/events/asyncapi.json").resolve())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 channels" in done.stdout
