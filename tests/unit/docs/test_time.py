"""Time is an input: folds and decisions take it from events or from their arguments."""

import ast
import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
PLACES = (
    "libs/events/src/natija_events/lifecycle/*.py",
    "libs/events/src/natija_events/terms/*.py",
    "libs/events/src/natija_events/wire/*.py",
    "services/*/src/*/*/state.py",
    "services/*/src/*/*/decide.py",
    "services/*/src/*/*/projection.py",
    "services/*/src/*/*/tables.py",
    "services/intake/src/natija_intake/registrar/admission.py",
    "services/intake/src/natija_intake/registrar/batch.py",
    "services/intake/src/natija_intake/registrar/heads.py",
    "services/routing/src/natija_routing/competence/rules.py",
    "libs/terms/src/natija_terms/arithmetic.py",
    "services/analytics/src/natija_analytics/reports/overdue.py",
    "services/analytics/src/natija_analytics/reports/late_answers.py",
    "services/analytics/src/natija_analytics/reports/breaches.py",
)
_CLOCKS = {"now", "utcnow", "today"}
_TIME = {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "localtime", "gmtime"}
_SQL_CLOCK = re.compile(r"\b(now\(|clock_timestamp|current_date|current_timestamp|localtime)", re.IGNORECASE)


def clocks(source: str) -> list[int]:
    """The lines of *source* that read a clock: Python's, or in a statement PostgreSQL's."""
    found = []
    for node in ast.walk(ast.parse(source)):
        called = (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and (
                node.func.attr in _CLOCKS
                or (getattr(node.func.value, "id", None) == "time" and node.func.attr in _TIME)
            )
        )
        stated = isinstance(node, ast.Constant) and isinstance(node.value, str) and _SQL_CLOCK.search(node.value)
        if called or stated:
            found.append(getattr(node, "lineno", 0))
    return found


def test_folds_and_decisions_read_no_clock() -> None:
    found = {place: sorted(REPOSITORY.glob(place)) for place in PLACES}
    assert [place for place, paths in found.items() if not paths] == [], "a place was moved: name the new one"
    paths = [path for paths in found.values() for path in paths]
    assert {str(path): lines for path in paths if (lines := clocks(path.read_text()))} == {}


def test_clock_that_is_read_is_found() -> None:
    assert clocks("time = event.time\nreturn_value = time.astimezone(UTC)\n") == []
    assert clocks("from datetime import UTC, datetime\nstamp = datetime.now(UTC)\nwhen = event.time\n") == [2]
    assert clocks("import time\n\nlate = time.time() > due\n") == [3]
    assert clocks('text("select * from clocks where due < now()")') == [1]
