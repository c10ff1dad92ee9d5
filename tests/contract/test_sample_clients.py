"""The sample clients in other languages compute what the conformance vectors have."""

import json
import subprocess
from base64 import b64decode, b64encode
from typing import Any

import pytest
from tests.contract.conformance import FOLDER
from tests.contract.samples.clients import LANGUAGES, SAMPLES, sample_client
from tests.packages import FETCH_SECONDS

from natija_events.signatures import SigningKey

pytestmark = pytest.mark.timeout(2 * FETCH_SECONDS)
ATTRIBUTES = ("id", "source", "type", "subject", "time", "expectedsequence", "causationid", "correlationid")


def vectors(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


def answers(language: str, lines: list[str]) -> list[str]:
    """The answers of the client in *language* to *lines*."""
    command = sample_client(language).vectors
    done = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize("language", LANGUAGES)
def test_client_makes_the_same_numbers(language: str) -> None:
    numbers = vectors("appeal_numbers")["numbers"]
    found = answers(language, [f"number\t{one['realm']}\t{one['bits']}" for one in numbers])
    assert found == [one["number"] for one in numbers]


@pytest.mark.parametrize("language", LANGUAGES)
def test_client_makes_the_same_signatures(language: str) -> None:
    """Ed25519 has no chance in it, so the same message under the same key has one signature."""
    pems = {key.public_text: key.to_pem() for key in map(signing_key, vectors("signatures")["keys"])}
    single = [one for one in vectors("signatures")["right"] if len(one["events"]) == 1]
    assert len(single) >= 4
    found = answers(language, [line(one, pems[one["public_key"]]) for one in single])
    assert found == [one["signature"] for one in single]


def signing_key(key: dict[str, str]) -> SigningKey:
    return SigningKey(b64decode(key["private_key"], altchars=b"-_"))


def line(signed: dict[str, Any], pem: bytes) -> str:
    (event,) = signed["events"]
    attributes = [event.get(name, "") for name in ATTRIBUTES]
    data = event["data"].encode()
    return "\t".join(["signature", signed["realm"], b64encode(pem).decode(), b64encode(data).decode(), *attributes])


def test_files_have_at_most_eighty_lines() -> None:
    sources = [file for file in SAMPLES.glob("*/*") if file.suffix in (".java", ".mjs", ".py", ".sh")]
    assert len(sources) >= 8
    assert [file.name for file in sources if len(file.read_text().splitlines()) > 80] == []
