"""Errors of YAML files name file, line, field and rule."""

from pathlib import Path

import pytest

from natija_chassis.errors import OperatorError
from natija_chassis.realm import yaml_file
from natija_chassis.realm.realm_files import DirectoryFile, load_reference_data

GOOD = """\
zone: UTC
bodies:
  mayor-osh: {class: local, region: osh-city}
topics:
  roads:
    names: {en: Roads}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "directory.yaml"
    path.write_text(text)
    return path


def test_right_file_is_loaded(tmp_path: Path) -> None:
    assert yaml_file.load(written(tmp_path, GOOD), DirectoryFile).topics["roads"].names == {"en": "Roads"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("osh-city}", "osh-city", ":4: YAML syntax: expected ',' or '}', but got ':'"),
        ("zone: UTC", "zone: [UTC]", ":1: zone: Input should be a valid string"),
        ("names: {en: Roads}", "names: [Roads]", ":6: topics.roads.names: Input should be a valid dictionary"),
        ("region: osh-city", "region: {}", ":3: bodies.mayor-osh.region: Input should be a valid string"),
        (GOOD, "- a list", ": Input should be a valid dictionary or instance of DirectoryFile"),
    ],
)
def test_wrong_file_is_named_with_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    path = written(tmp_path, GOOD.replace(old, new))
    with pytest.raises(OperatorError) as caught:
        yaml_file.load(path, DirectoryFile, "NATIJA_X")
    assert str(caught.value).startswith(f"{path}{expected}")


def test_all_errors_are_counted(tmp_path: Path) -> None:
    text = "regions: 0\nzone: 1\nlanguages: 2\nbodies: 3\ntopics: 4\n"
    with pytest.raises(OperatorError, match=r"zone: .*; .*languages: .*; .*regions: .*; and 2 more$"):
        yaml_file.load(written(tmp_path, text), DirectoryFile)


def test_missing_file_names_its_setting() -> None:
    with pytest.raises(OperatorError) as caught:
        yaml_file.load(Path("/nope.yaml"), DirectoryFile, "NATIJA_X")
    assert str(caught.value) == "/nope.yaml does not exist (NATIJA_X)"
    with pytest.raises(OperatorError, match=r"^/nope/directory.yaml does not exist$"):
        load_reference_data(Path("/nope"))


def test_unreadable_file_names_its_setting(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"\(NATIJA_X\): Is a directory"):
        yaml_file.load(tmp_path, DirectoryFile, "NATIJA_X")
    path = tmp_path / "directory.yaml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(OperatorError, match=r"\(NATIJA_X\) is not a text in UTF-8"):
        yaml_file.load(path, DirectoryFile, "NATIJA_X")
