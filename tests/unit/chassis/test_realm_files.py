"""The files of a realm become its reference data; a fault names file, line, field and rule."""

from pathlib import Path

import pytest

from natija_chassis.realm.realm_files import load_reference_data
from natija_chassis.realm.yaml_file import FileError
from natija_events.lifecycle.transitions import HISTORY, TABLE
from natija_events.reference.entries import VOUCHER

KG = Path(__file__).parents[3] / "deploy" / "realms" / "kg"
PUBLISHERS = "publishers: {/desks/*: {roles: [desk], unsigned: true}}"


def files(folder: Path, directory: str, publishers: str = PUBLISHERS) -> Path:
    (folder / "directory.yaml").write_text(directory)
    (folder / "publishers.yaml").write_text(publishers)
    return folder


def test_kyrgyz_files_name_every_section() -> None:
    kg = load_reference_data(KG)
    assert kg.version == -1
    assert kg.realm.zone == "Asia/Bishkek"
    assert kg.name("regions", "naryn", "ky") == "Нарын обл."
    assert kg.name("channels", "parliament") == "From the Jogorku Kenesh"
    assert (kg.bodies["mayor-osh"].region, kg.bodies["mayor-osh"].body_class) == ("osh-city", "local")
    assert kg.region_of["alamudun"] == "chuy"
    assert kg.districts["alamudun"].names["ky"] == "Аламүдүн району"


def test_order_of_print_is_that_of_file() -> None:
    kg = load_reference_data(KG)
    assert list(kg.channels)[:2] == ["president", "parliament"]
    assert [channel.position for channel in kg.channels.values()][:2] == [1000, 2000]


def test_kyrgyz_roles_are_those_of_table() -> None:
    """The roles of the Kyrgyz publishers are those of the life-cycle table, and the one that signs for others."""
    kg = load_reference_data(KG)
    named = {role for row in TABLE.values() for role in row.publishers} | {HISTORY}
    assert set().union(*(publisher.roles for publisher in kg.publishers.values())) == named | {VOUCHER}
    assert kg.roles("/registers/boston311") == {HISTORY}
    assert kg.roles("/services/deadlines") == {"clock"}


@pytest.mark.parametrize(
    ("directory", "publishers", "expected"),
    [
        ("bodies: {x: {names: [a, b]}}", PUBLISHERS, r"directory.yaml:1: bodies\.x\.names"),
        ("bodies: {X: {}}", PUBLISHERS, r"directory.yaml:1: bodies\.X: is not the id of a body"),
        ("bodies: {x: {superior: y}}", PUBLISHERS, r"bodies\.x: its superior is not among the bodies"),
        ("bodies: {x: {region: y}}", PUBLISHERS, r"bodies\.x: its region is not among the regions"),
        ("regions: {x: {districts: {z: {}}}, y: {districts: {z: {}}}}", PUBLISHERS, r"regions\.x: has a district that"),
        ("country_types: {KG: {x: {kinds: [request]}}}", PUBLISHERS, r"country_types\.KG\.x: its jurisdiction is not"),
        ("calendar_bindings: {KG: {calendar: KG}}", PUBLISHERS, r"calendar_bindings\.KG: its jurisdiction is not"),
        ("calendar_bindings: {body/x: {calendar: KG}}", PUBLISHERS, r"calendar_bindings\.body/x: its body is not"),
        ("calendar_bindings: {region/x: {calendar: KG}}", PUBLISHERS, r"calendar_bindings\.region/x: its region is"),
        ("zone: UTC", "publishers: {desks: {roles: []}}", r"publishers.yaml:1: publishers\.desks: is not the id of"),
        ("zone: UTC", "publishers: {/a: {roles: [desk]}}", r"publishers\./a: needs keys, or unsigned: true"),
        ("zone: UTC", "publishers: {/a: {roles: [chief]}}", r"publishers\./a\.roles"),
        ("zone: UTC", "publishers: {/a: {roles: [], body: x}}", r"publishers\./a: its body is not among the bodies"),
    ],
)
def test_fault_names_file_and_field(tmp_path: Path, directory: str, publishers: str, expected: str) -> None:
    with pytest.raises(FileError, match=expected):
        load_reference_data(files(tmp_path, directory, publishers))


def test_only_unsigned_publisher_is_pattern(tmp_path: Path) -> None:
    key = "{public_key: " + "A" * 43 + ", valid_from: 2026-01-01T00:00:00Z}"
    publishers = "publishers: {/desks/*: {roles: [desk], keys: [" + key + "]}}"
    with pytest.raises(FileError, match="only an unsigned publisher may be a pattern"):
        load_reference_data(files(tmp_path, "zone: UTC", publishers))
