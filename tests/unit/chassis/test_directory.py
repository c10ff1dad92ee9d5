"""Names joined when asked, and who may publish."""

from pathlib import Path

import pytest

from natija_chassis.realm import directory, publishers
from natija_chassis.realm.publishers import Publishers
from natija_chassis.realm.yaml_file import FileError
from natija_events.lifecycle.transitions import HISTORY, TABLE

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


def test_longest_pattern_gives_roles() -> None:
    """The longest matching pattern gives the roles; an unknown source has none."""
    known = Publishers(
        publishers={
            "/desks/*": frozenset({"desk"}),
            "/desks/osh/*": frozenset({"desk", "channel"}),
            "/desks/osh/9": frozenset(),
        }
    )
    assert known.roles("/desks/1") == {"desk"}
    assert known.roles("/desks/osh/1") == {"desk", "channel"}
    assert known.roles("/desks/osh/9") == frozenset()
    assert known.roles("/elsewhere") == frozenset()


def test_kyrgyz_roles_are_those_of_table() -> None:
    """The roles of the Kyrgyz publishers are those of the life-cycle table."""
    known = publishers.load_publishers(KG / "publishers.yaml")
    named = {role for row in TABLE.values() for role in row.publishers} | {HISTORY}
    assert set().union(*known.publishers.values()) == named
    assert known.roles("/registers/boston311") == {HISTORY}
    assert known.roles("/services/deadlines") == {"clock"}
