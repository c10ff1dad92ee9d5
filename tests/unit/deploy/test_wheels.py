"""Each distribution builds a wheel that others may use: with its license, its metadata and all its data files."""

import os
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_string
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder
from tests.unit.docs.pages import REPOSITORY

LICENSE = (REPOSITORY / "LICENSE").read_bytes()
DISTRIBUTIONS = sorted(path.parent for path in REPOSITORY.glob("*/*/pyproject.toml"))
PROGRAM = """
import natija_events
from importlib.resources import files
from natija_events import REGISTRY, is_appeal_number, word
schemas = [files("natija_events") / "schemas" / f"{type}.json" for type in REGISTRY.models]
assert all(schema.read_text(encoding="utf-8") for schema in schemas)
assert is_appeal_number("KG-7K3M-9QX4-T2R8-MA") and word("state", "ANSWERED", "ky")
print(natija_events.__file__)
"""


def wheel_of(distribution: Path, folder: Path) -> Path:
    """The wheel of *distribution*, built in *folder* without network."""
    (built,) = WheelBuilder(str(distribution)).build(directory=str(folder), versions=["standard"])
    return Path(built)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=lambda path: path.name)
def test_wheel_has_license_and_metadata(distribution: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel_of(distribution, tmp_path)) as wheel:
        names = wheel.namelist()
        (info,) = {name.partition("/")[0] for name in names if ".dist-info/" in name}
        metadata = message_from_string(wheel.read(f"{info}/METADATA").decode())
        assert wheel.read(f"{info}/licenses/LICENSE") == LICENSE
    assert metadata["Name"] == f"natija-{distribution.name}"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["License-File"] == "LICENSE"
    assert metadata["Author"] == "The authors of Natija"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Summary"]
    assert str(metadata.get_payload()).strip() == (distribution / "README.md").read_text(encoding="utf-8").strip()
    package = f"natija_{distribution.name}"
    assert f"{package}/py.typed" in names
    assert {name.partition("/")[0] for name in names} == {package, info}
    files = {path.relative_to(distribution / "src").as_posix() for path in (distribution / "src" / package).rglob("*")}
    left_out = {name for name in files - set(names) if "__pycache__" not in name and "." in name}
    assert left_out == set()


def test_wheel_of_contract_is_complete(tmp_path: Path) -> None:
    """Unpacked elsewhere, its library finds the schemas and words that come with it."""
    with zipfile.ZipFile(wheel_of(REPOSITORY / "libs" / "events", tmp_path)) as wheel:
        wheel.extractall(tmp_path / "site")
    command, variables = [sys.executable, "-c", PROGRAM], os.environ | {"PYTHONPATH": str(tmp_path / "site")}
    found = subprocess.run(command, cwd=tmp_path, env=variables, check=True, capture_output=True, text=True, timeout=30)
    assert Path(found.stdout.strip()).is_relative_to(tmp_path / "site")


def test_source_distribution_holds_its_license(tmp_path: Path) -> None:
    """A package index and a Linux distribution build the wheel from it."""
    (built,) = SdistBuilder(str(REPOSITORY / "libs" / "events")).build(directory=str(tmp_path), versions=["standard"])
    with tarfile.open(built) as archive:
        found = archive.extractfile("natija_events-0.1.0/LICENSE")
        assert found is not None
        assert found.read() == LICENSE
