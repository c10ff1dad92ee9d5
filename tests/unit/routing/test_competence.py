"""The responsible body: by the most specific rule in force, and never the body complained of."""

from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from natija_chassis.realm.realm_files import load_reference_data
from natija_chassis.realm.yaml_file import FileError
from natija_routing.competence import rules
from natija_routing.competence.rules import (
    Bodies,
    Competence,
    Competent,
    Matter,
    NoCompetentBody,
    Rule,
    find_competent_body,
)

REALM = Path(__file__).parents[3] / "deploy" / "realms" / "kg"
DAY = date(2026, 11, 22)
REFERENCE = load_reference_data(REALM)
BODIES = Bodies({id: body.superior for id, body in REFERENCE.bodies.items()})
RULES = rules.load_competence(REALM / "competence.yaml")


def who(
    topic: str | None, region: str | None = None, *complained_of: str, day: date = DAY
) -> Competent | NoCompetentBody:
    return find_competent_body(Matter(topic, region, complained_of), day, RULES, BODIES)


def test_topic_finds_its_body() -> None:
    """In every region, and without one."""
    assert who("roads", "naryn") == Competent("ministry-transport", "roads/1")
    assert who("roads") == Competent("ministry-transport", "roads/1")


def test_rule_of_region_wins() -> None:
    """It is more specific than the rule of the country."""
    assert who("roads", "bishkek") == Competent("mayor-bishkek", "roads-bishkek/1")


def test_body_complained_of_is_skipped() -> None:
    """The next most specific rule is used."""
    assert who("roads", "bishkek", "mayor-bishkek") == Competent("ministry-transport", "roads/1")


def test_subordinates_may_not_judge() -> None:
    """A body below the one complained of is skipped, too."""
    found = who("order-security", "bishkek", "ministry-interior")
    assert found == Competent("government-apparatus", "order-security-bishkek/1/superior")


def test_superior_judges_when_rules_end() -> None:
    assert who("health", None, "ministry-health") == Competent("government-apparatus", "health/1/superior")
    assert who("tax", None, "service-tax") == Competent("ministry-economy", "tax/1/superior")


def test_complaint_of_two_passes_both() -> None:
    found = who("roads", "bishkek", "mayor-bishkek", "ministry-transport")
    assert found == Competent("government-apparatus", "roads-bishkek/1/superior")


def test_complaint_of_highest_has_nobody() -> None:
    """An official must find the body."""
    assert who("health", None, "government-apparatus") == NoCompetentBody("complained_of")


def test_body_without_superior_has_nobody() -> None:
    """An official must find the body."""
    assert who("anti-corruption", None, "prosecutor-general") == NoCompetentBody("complained_of")


def test_topic_without_rule_has_nobody() -> None:
    """An official must find the body."""
    assert who("other", "bishkek") == NoCompetentBody("no_rule")
    assert who(None, "bishkek") == NoCompetentBody("no_topic")


def test_rule_holds_on_its_days() -> None:
    """The first and the last day are included."""
    dated = Competence(
        version=3,
        rules=(
            Rule(id="old", topic="water", body="a", valid_to=date(2026, 6, 30)),
            Rule(id="new", topic="water", body="b", valid_from=date(2026, 7, 1), valid_to=date(2026, 12, 31)),
        ),
    )

    def on(day: date) -> Competent | NoCompetentBody:
        return find_competent_body(Matter("water", None), day, dated, Bodies({}))

    assert on(date(2026, 6, 30)) == Competent("a", "old/3")
    assert on(date(2026, 7, 1)) == Competent("b", "new/3")
    assert on(date(2027, 1, 1)) == NoCompetentBody("no_rule")


def test_overlapping_rules_are_refused() -> None:
    with pytest.raises(ValueError, match="same case on the same day"):
        Competence(version=1, rules=(Rule(id="a", topic="x", body="a"), Rule(id="b", topic="x", body="b")))


def test_rule_with_unknown_id_is_refused(tmp_path: Path) -> None:
    """The error names the rule and the id that reference data lacks."""
    file = tmp_path / "competence.yaml"
    file.write_text(yaml.safe_dump({"version": 1, "rules": [{"id": "a", "topic": "roads", "body": "nobody"}]}))
    with pytest.raises(FileError, match="a names nobody, which is not among the realm's bodies"):
        rules.check_ids(file, rules.load_competence(file), REFERENCE)


def test_circular_hierarchy_ends() -> None:
    circle = Bodies({"a": "b", "b": "a"})
    rules = Competence(version=1, rules=(Rule(id="r", topic="x", body="a"),))
    assert find_competent_body(Matter("x", None, ("a", "b")), DAY, rules, circle) == NoCompetentBody("complained_of")


@given(
    st.sampled_from([None, *REFERENCE.topics]),
    st.sampled_from([None, *REFERENCE.regions]),
    st.lists(st.sampled_from(list(REFERENCE.bodies)), max_size=3),
)
def test_body_is_never_complained_of(topic: str | None, region: str | None, complained_of: list[str]) -> None:
    """Neither itself, nor any body above it."""
    found = who(topic, region, *complained_of)
    if isinstance(found, Competent):
        assert not set(complained_of) & {found.body, *BODIES.above(found.body)}


def test_directory_has_three_languages() -> None:
    """Of every body, topic, region and channel."""
    for section in (REFERENCE.bodies, REFERENCE.topics, REFERENCE.regions, REFERENCE.channels):
        assert all(set(entry.names) == {"ky", "ru", "en"} for entry in section.values())


def test_kyrgyz_rules_name_known_ids() -> None:
    rules.check_ids(REALM / "competence.yaml", RULES, REFERENCE)


def test_directory_has_counted_keys() -> None:
    """Those of the published report of 2019, in its order."""
    assert list(REFERENCE.regions) == [
        "bishkek", "chuy", "jalal-abad", "issyk-kul", "osh-oblast", "naryn", "batken", "osh-city", "talas", "abroad",
    ]  # fmt: skip
    assert list(REFERENCE.channels)[:5] == ["president", "parliament", "pm-reception", "electronic", "other"]
    assert list(REFERENCE.topics)[:7] == [
        "agriculture", "education", "land-housing", "social", "construction", "order-security", "labour",
    ]  # fmt: skip
    assert len(REFERENCE.topics) >= 19
