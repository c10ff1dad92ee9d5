"""Who must answer: the most specific rule, the day it is in force, and never the body complained of."""

from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from natija_chassis.realm import directory
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
DIRECTORY = directory.load_directory(REALM / "directory.yaml")
KNOWN = {"topics": DIRECTORY.topics, "regions": DIRECTORY.regions, "bodies": DIRECTORY.bodies}
BODIES = Bodies({id: body.under for id, body in DIRECTORY.bodies.items()})
RULES = rules.load_competence(REALM / "competence.yaml", KNOWN)


def who(
    topic: str | None, region: str | None = None, *complained_of: str, day: date = DAY
) -> Competent | NoCompetentBody:
    return find_competent_body(Matter(topic, region, complained_of), day, RULES, BODIES)


def test_a_topic_finds_its_body_everywhere() -> None:
    assert who("roads", "naryn") == Competent("ministry-transport", "roads/1")
    assert who("roads") == Competent("ministry-transport", "roads/1")


def test_the_rule_of_the_region_goes_before_that_of_the_country() -> None:
    assert who("roads", "bishkek") == Competent("mayor-bishkek", "roads-bishkek/1")


def test_an_appeal_never_goes_to_the_body_it_complains_of_but_to_the_next_rules() -> None:
    assert who("roads", "bishkek", "mayor-bishkek") == Competent("ministry-transport", "roads/1")


def test_an_appeal_never_goes_below_the_body_it_complains_of() -> None:
    found = who("order-security", "bishkek", "ministry-interior")
    assert found == Competent("government-apparatus", "order-security-bishkek/1/superior")


def test_when_every_rules_body_is_complained_of_the_superior_judges() -> None:
    assert who("health", None, "ministry-health") == Competent("government-apparatus", "health/1/superior")
    assert who("tax", None, "service-tax") == Competent("ministry-economy", "tax/1/superior")


def test_a_complaint_of_two_bodies_passes_both() -> None:
    found = who("roads", "bishkek", "mayor-bishkek", "ministry-transport")
    assert found == Competent("government-apparatus", "roads-bishkek/1/superior")


def test_a_complaint_of_the_highest_body_waits_for_a_person() -> None:
    assert who("health", None, "government-apparatus") == NoCompetentBody("complained_of")


def test_a_complaint_of_a_body_without_a_superior_waits_for_a_person() -> None:
    assert who("anti-corruption", None, "prosecutor-general") == NoCompetentBody("complained_of")


def test_what_no_rule_covers_waits_for_a_person() -> None:
    assert who("other", "bishkek") == NoCompetentBody("no_rule")
    assert who(None, "bishkek") == NoCompetentBody("no_topic")


def test_a_rule_is_in_force_on_its_first_and_last_day_only() -> None:
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


def test_two_rules_for_one_case_on_one_day_are_refused() -> None:
    with pytest.raises(ValueError, match="same case on the same day"):
        Competence(version=1, rules=(Rule(id="a", topic="x", body="a"), Rule(id="b", topic="x", body="b")))


def test_a_rule_with_an_id_the_directory_does_not_have_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "competence.yaml"
    file.write_text(yaml.safe_dump({"version": 1, "rules": [{"id": "a", "topic": "roads", "body": "nobody"}]}))
    with pytest.raises(FileError, match="a names nobody, which is not among the directory's bodies"):
        rules.load_competence(file, KNOWN)


def test_a_hierarchy_that_runs_in_a_circle_ends() -> None:
    circle = Bodies({"a": "b", "b": "a"})
    rules = Competence(version=1, rules=(Rule(id="r", topic="x", body="a"),))
    assert find_competent_body(Matter("x", None, ("a", "b")), DAY, rules, circle) == NoCompetentBody("complained_of")


@given(
    st.sampled_from([None, *DIRECTORY.topics]),
    st.sampled_from([None, *DIRECTORY.regions]),
    st.lists(st.sampled_from(list(DIRECTORY.bodies)), max_size=3),
)
def test_whoever_must_answer_is_not_complained_of_nor_stands_under_it(
    topic: str | None, region: str | None, complained_of: list[str]
) -> None:
    found = who(topic, region, *complained_of)
    if isinstance(found, Competent):
        assert not set(complained_of) & {found.body, *BODIES.above(found.body)}


def test_the_directory_names_everything_in_its_three_languages() -> None:
    for section in (DIRECTORY.bodies, DIRECTORY.topics, DIRECTORY.regions, DIRECTORY.channels):
        assert all(set(entry.names) == {"ky", "ru", "en"} for entry in section.values())


def test_every_superior_and_region_of_a_body_is_in_the_directory() -> None:
    for body in DIRECTORY.bodies.values():
        assert body.under is None or body.under in DIRECTORY.bodies
        assert body.region is None or body.region in DIRECTORY.regions


def test_the_directory_has_what_the_report_of_2019_counts() -> None:
    assert list(DIRECTORY.regions) == [
        "bishkek", "chuy", "jalal-abad", "issyk-kul", "osh-oblast", "naryn", "batken", "osh-city", "talas", "abroad",
    ]  # fmt: skip
    assert list(DIRECTORY.channels)[:5] == ["president", "parliament", "pm-reception", "electronic", "other"]
    assert list(DIRECTORY.topics)[:7] == [
        "agriculture", "education", "land-housing", "social", "construction", "order-security", "labour",
    ]  # fmt: skip
    assert len(DIRECTORY.topics) >= 19
