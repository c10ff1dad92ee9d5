"""Names joined when asked."""

from pathlib import Path

import pytest

from natija_chassis.realm import directory
from natija_chassis.realm.yaml_file import FileError

KG = Path(__file__).parents[3] / "deploy" / "realms" / "kg"


def test_kyrgyz_directory_names_every_section() -> None:
    kg = directory.load_directory(KG / "directory.yaml")
    assert kg.name("regions", "naryn", "ky") == "Нарын обл."
    assert kg.name("channels", "parliament") == "From the Jogorku Kenesh"
    assert kg.bodies["mayor-osh"].region == "osh-city"
    assert kg.bodies["mayor-osh"].body_class == "local"
    assert kg.zone == "Asia/Bishkek"


def test_unknown_id_names_itself() -> None:
    """An unknown id is its own name; a missing language falls back to the first one."""
    kg = directory.load_directory(KG / "directory.yaml")
    assert kg.name("bodies", "Public Works Department", "ru") == "Public Works Department"
    assert kg.name("regions", "talas", "uz") == "Талас обл."
    assert directory.load_directory(None).name("topics", "roads") == "roads"


def test_wrong_directory_is_refused_by_field(tmp_path: Path) -> None:
    (tmp_path / "d.yaml").write_text("bodies: {x: {names: [a, b]}}")
    with pytest.raises(FileError, match=r"bodies\.x\.names"):
        directory.load_directory(tmp_path / "d.yaml")
