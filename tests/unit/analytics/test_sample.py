"""A sample register counts to its marginals file exactly, whatever the seed."""

import csv
import io
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natija_analytics.samples import sample
from natija_chassis.realm.yaml_file import FileError

MARGINALS = Path(__file__).parents[3] / "examples" / "kg-h1-2019.yaml"
KYRGYZ = sample.load_marginals(MARGINALS)


def register(marginals: sample.Marginals, seed: int) -> list[dict[str, str]]:
    text = io.StringIO()
    sample.write_sample(marginals, seed, text)
    return list(csv.DictReader(io.StringIO(text.getvalue())))


@pytest.mark.parametrize("seed", [0, 7, 2019])
def test_sample_has_published_marginals(seed: int) -> None:
    """For every seed."""
    rows = register(KYRGYZ, seed)
    assert Counter(row["form"] for row in rows) == {"written": 2454, "oral": 634}
    for group in KYRGYZ.groups:
        of_group = [row for row in rows if row["form"] == group.form]
        for column in ("channel", "region", "topic"):
            expected = getattr(group, column) or {"": group.total}
            assert Counter(row[column] for row in of_group) == expected


def test_unprinted_topics_are_smaller() -> None:
    """Each is smaller than any printed one."""
    topics = list(KYRGYZ.groups[0].topic.values())
    printed, others = topics[:7], topics[7:]
    assert printed == [227, 210, 200, 194, 120, 117, 113]
    assert sum(others) == 1273
    assert len(others) >= 12
    assert max(others) <= 112


def test_sample_is_in_order() -> None:
    """Of receipt, within its days, with numbers of its own."""
    rows = register(KYRGYZ, 1)
    received = [datetime.strptime(row["received"], "%Y-%m-%d %H:%M") for row in rows]
    assert received == sorted(received)
    assert received[0].date() >= KYRGYZ.first_day
    assert received[-1].date() <= KYRGYZ.last_day
    assert len({at.date() for at in received}) == 181
    assert len({row["number"] for row in rows}) == 3088


def test_seed_determines_the_sample() -> None:
    assert register(KYRGYZ, 5) == register(KYRGYZ, 5)
    assert register(KYRGYZ, 5) != register(KYRGYZ, 6)


def test_columns_are_independent() -> None:
    cross = Counter((row["channel"], row["region"]) for row in register(KYRGYZ, 3) if row["form"] == "written")
    assert len(cross) > 40


@given(st.integers(0, 2**63), st.lists(st.integers(0, 30), min_size=1, max_size=6))
def test_marginals_are_met_exactly(seed: int, counts: list[int]) -> None:
    topics = {f"topic-{index}": count for index, count in enumerate(counts)}
    group = sample.Group(form="written", total=sum(counts), topic=topics)
    marginals = KYRGYZ.model_copy(update={"groups": (group,)})
    assert Counter(row["topic"] for row in register(marginals, seed)) == Counter(topics)


def test_wrong_sum_is_refused(tmp_path: Path) -> None:
    """The error names the column."""
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(MARGINALS.read_text().replace("talas: 65", "talas: 64"))
    with pytest.raises(FileError, match="written: region adds up to 2453, not to 2454"):
        sample.load_marginals(wrong)


@pytest.mark.parametrize(
    ("found", "written", "complaint"),
    [
        ("first_day: 2019-01-01", "first_day: 2019-07-01", "last_day is before first_day"),
        ("total: 634", "totals: 634", r"groups\.1\.total"),
        ("groups:", "groups: [", r"wrong\.yaml:\d+: YAML syntax: expected"),
    ],
)
def test_wrong_marginals_file_is_located(tmp_path: Path, found: str, written: str, complaint: str) -> None:
    """The error names the place."""
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(MARGINALS.read_text().replace(found, written))
    with pytest.raises(FileError, match=complaint):
        sample.load_marginals(wrong)
