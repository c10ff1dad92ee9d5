"""docs/operations.md lists every metric of every process, with its labels and meaning."""

import importlib
from collections.abc import Iterator

import pytest
from prometheus_client import Counter, Gauge, Histogram
from tests.guides import REPOSITORY

from natija_chassis.observability import metrics
from natija_chassis.services import service_infos

HEADING = "\n### All metrics\n"
SUFFIXES = {"counter": "_total", "gauge": "", "histogram": ""}


def rows() -> Iterator[str]:
    """A row of the table for each metric: first those of every service, then each process' own."""
    own = [(info.name, importlib.import_module(info.metrics)) for info in service_infos() if info.metrics]
    for process, module in [("every service", metrics), *own]:
        for metric in vars(module).values():
            if isinstance(metric, Counter | Gauge | Histogram):
                [family] = metric.describe()
                labels = ", ".join(f"`{label}`" for label in metric._labelnames)
                name = f"`{family.name}{SUFFIXES[family.type]}`"
                yield f"| {name} | {family.type} | {labels} | {process} | {family.documentation} |"


def test_operations_lists_every_metric() -> None:
    page = (REPOSITORY / "docs" / "operations.md").read_text().partition(HEADING)[2].partition("\n## ")[0]
    expected = list(rows())
    found = [line for line in page.splitlines() if line.startswith("| `")]
    assert found == expected, "the table should be:\n" + "\n".join(expected)


@pytest.mark.parametrize("row", list(rows()))
def test_metric_follows_conventions(row: str) -> None:
    """Names begin with natija_, durations are in seconds, and each metric has its meaning."""
    name, kind, _, _, meaning = (cell.strip() for cell in row.strip("|").split("|"))
    assert name.startswith("`natija_")
    assert "seconds" in name or kind != "histogram"
    assert len(meaning) > 10
