"""The sample clients of `libs/events/samples`, each made ready once, and the commands that run them."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from deploy.local.paths import REPOSITORY
from tests.packages import ready_folder

SAMPLES = REPOSITORY / "libs" / "events" / "samples"
DRIVERS = Path(__file__).parent
LANGUAGES = ("node", "java", "python")


class SampleClient(NamedTuple):
    """How to run a sample client: *publish* proposes an appeal, *vectors* answers lines about the contract."""

    publish: Sequence[str]
    vectors: Sequence[str]


def sample_client(language: str) -> SampleClient:
    """The client in *language*. Skips the test where the tool of the language is missing or cannot fetch packages."""
    if language == "python":
        folder = SAMPLES / "python"
        command = [sys.executable, str(folder / "publish.py")]
        return SampleClient(command, [sys.executable, str(DRIVERS / "vectors.py"), str(folder)])
    return _node() if language == "node" else _java()


def _node() -> SampleClient:
    folder = ready_folder("node", _files("node"), [["npm", "ci", "--silent", "--no-audit", "--no-fund"]])
    driver = ["node", str(DRIVERS / "vectors.mjs"), str(folder / "natija.mjs")]
    return SampleClient(["node", str(folder / "publish.mjs")], driver)


def _java() -> SampleClient:
    fetch = ["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib"]
    compile = ["javac", "-cp", "lib/*", "-d", "classes", "Bytes.java", "Natija.java", "Publish.java", "Vectors.java"]
    folder = ready_folder("java", [*_files("java"), DRIVERS / "Vectors.java"], [fetch, compile])
    java = ["java", "-Dfile.encoding=UTF-8", "-Dstdout.encoding=UTF-8", "-cp", f"{folder}/lib/*:{folder}/classes"]
    return SampleClient([*java, "Publish"], [*java, "Vectors"])


def _files(language: str) -> list[Path]:
    return sorted(path for path in (SAMPLES / language).iterdir() if path.is_file())
