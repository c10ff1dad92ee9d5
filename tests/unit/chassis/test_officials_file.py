"""`officials.yaml` becomes reference data without names; a fault names file, line, field and rule."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from natija_chassis.realm.realm_files import load_reference_data
from natija_chassis.realm.reference_changes import find_changes
from natija_chassis.realm.yaml_file import FileError
from natija_chassis.user_ids import user_id, user_id_key
from natija_events.reference.history import ReferenceHistory
from natija_events.reference.records import ReferenceRecord, write_record

KEY = user_id_key("kg")
FILE = """
issuer: https://id.example
posts:
  health/desk: {roles: [registrar], names: {ky: Кабылдама}}
  health/head: {roles: [head]}
officials:
  - {subject: "12345678901234", posts: [{post: health/desk}]}
  - {subject: chief, posts: [{post: health/head, valid_to: 2026-12-31}]}
delegations:
  leave: {post: health/head, given_by: chief, given_to: "12345678901234", valid_from: 2026-07-01, valid_to: 2026-07-31}
"""


def folder(path: Path, officials: str) -> Path:
    (path / "directory.yaml").write_text("bodies: {health: {}}")
    (path / "publishers.yaml").write_text("publishers: {}")
    (path / "officials.yaml").write_text(officials)
    return path


def test_file_becomes_entries(tmp_path: Path) -> None:
    found = load_reference_data(folder(tmp_path, FILE), KEY)
    assert found.posts["health/desk"].names == {"ky": "Кабылдама"}
    desk, chief = (user_id(KEY, "https://id.example", one) for one in ("12345678901234", "chief"))
    assert [one.post for one in found.officials[desk].posts] == ["health/desk"]
    assert (found.delegations["leave"].given_by, found.delegations["leave"].given_to) == (chief, desk)


def test_topic_holds_no_subject(tmp_path: Path) -> None:
    """Which may be the number of a person."""
    found = load_reference_data(folder(tmp_path, FILE), KEY)
    changes: list[ReferenceRecord] = find_changes(ReferenceHistory(), found, datetime(2026, 1, 1, tzinfo=UTC))
    written = b"".join(part for record in changes for part in write_record(record))
    assert b"official/" in written
    assert b"12345678901234" not in written
    assert b"chief" not in written


def test_realm_without_file_has_none(tmp_path: Path) -> None:
    (folder(tmp_path, FILE) / "officials.yaml").unlink()
    found = load_reference_data(tmp_path)
    assert (len(found.posts), len(found.officials), len(found.delegations)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ("issuer: https://id.example", "", "needs the issuer"),
        ("health/desk: {", "other/desk: {", r"officials\.yaml:4: posts\.other/desk: its body is not among the bodies"),
        ("roles: [registrar]", "roles: [chief]", r"posts\.health/desk\.roles"),
        (
            "[{post: health/desk}]",
            "[{post: health/x}]",
            r"officials\.yaml:7: officials\.0\.posts: has a post that is not",
        ),
        ("subject: chief", 'subject: "12345678901234"', "a user is listed twice"),
        ("{post: health/head, given", "{post: health/x, given", r"delegations\.leave\.post: is not among the posts"),
        ("given_by: chief", "given_by: nobody", r"yaml:10: delegations\.leave\.given_by: may not give this post"),
        ('given_to: "12345678901234"', "given_to: nobody", r"delegations\.leave\.given_to: is not among the officials"),
        ('given_to: "12345678901234"', "given_to: chief", "nobody gives rights to themselves"),
        ("2026-07-31", "2026-06-30", "ends before it begins"),
    ],
)
def test_fault_names_field_and_rule(tmp_path: Path, was: str, now: str, expected: str) -> None:
    """And no subject."""
    assert was in FILE
    with pytest.raises(FileError, match=expected) as caught:
        load_reference_data(folder(tmp_path, FILE.replace(was, now)), KEY)
    assert "12345678901234" not in str(caught.value)
