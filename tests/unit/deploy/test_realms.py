"""The realms that come with Natija: their files agree with each other, with the policies and with the calendars."""

from pathlib import Path

import pytest
from tests.guides import REPOSITORY

from natija_chassis.realm.realm_files import load_reference_data
from natija_deadlines.policies.policy import load_policies
from natija_routing.competence import rules

FOLDERS = sorted((REPOSITORY / "deploy" / "realms").iterdir())
POLICIES = load_policies()


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def folder(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def test_each_country_has_a_realm() -> None:
    assert [folder.name for folder in FOLDERS] == ["kg", "kz", "uz"]


def test_rules_name_known_ids(folder: Path) -> None:
    file = folder / "competence.yaml"
    rules.check_ids(file, rules.load_competence(file), load_reference_data(folder))


def test_jurisdiction_has_its_first_policy(folder: Path) -> None:
    """With its first day, as the policies have it, and a calendar that exists."""
    reference = load_reference_data(folder)
    assert list(reference.jurisdictions) == [folder.name.upper()]
    for id, jurisdiction in reference.jurisdictions.items():
        first = min(POLICIES.by_jurisdiction[id], key=lambda policy: policy.valid_from)
        assert (jurisdiction.first_policy, jurisdiction.policies_from) == (first.number, first.valid_from)
        assert reference.calendar_bindings[id].calendar in POLICIES.calendars


def test_country_types_are_those_of_policies(folder: Path) -> None:
    """The policies have a term for each type, and no other type."""
    reference = load_reference_data(folder)
    for jurisdiction in reference.jurisdictions:
        named = {one.country_type for policy in POLICIES.by_jurisdiction[jurisdiction] for one in policy.answer.lengths}
        known = {id.partition("/")[2] for id in reference.country_types}
        assert known == named - {None}


def test_entries_have_all_languages(folder: Path) -> None:
    reference = load_reference_data(folder)
    sections = (reference.bodies, reference.topics, reference.regions, reference.channels, reference.social_groups)
    for section in (*sections, reference.country_types, reference.jurisdictions, reference.districts):
        for id, entry in section.items():
            assert set(entry.names) == set(reference.languages), id
