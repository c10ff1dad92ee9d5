"""The one command line."""

import subprocess
import sys
import time
from pathlib import Path

from prometheus_client import Counter, Gauge, Histogram

from natija_chassis.observability import metrics

NATIJA = Path(sys.executable).with_name("natija")


def natija(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([NATIJA, *arguments], capture_output=True, text=True, timeout=60, check=False, env=variables)


def test_help_has_a_line_for_each_command_under_a_heading_per_service() -> None:
    shown = natija("--help", COLUMNS="80").stdout
    headings = ["Run and look after a realm:", "The door and the register:", "By when:", "What happened:"]
    places = [shown.index(heading) for heading in headings]
    assert places == sorted(places)
    for command in ("provision", "serve", "lag", "parked", "rebuild", "clock", "import", "verify", "report", "history"):
        assert f"\n  {command} " in shown
    assert "..." not in shown.split("\n\n", 1)[1]
    assert max(map(len, shown.splitlines())) <= 80


def test_help_comes_in_half_a_second() -> None:
    seconds = []
    for _ in range(5):
        began = time.process_time()
        wall = time.perf_counter()
        natija("--help")
        seconds.append(time.perf_counter() - wall)
        assert time.process_time() - began < 0.5
    assert min(seconds) < 0.5


def test_the_clock_is_shown_moved_and_reset(tmp_path: Path) -> None:
    told = {"NATIJA_CLOCK": f"file:{tmp_path / 'clock.json'}", "NATIJA_ENV_FILE": str(tmp_path / "none")}
    assert natija("clock", **told).stdout.endswith("UTC, system time\n")
    assert natija("clock", "--advance", "20d", "--speed", "60", **told).stdout.endswith("UTC, 60 times real time\n")
    assert natija("clock", "--reset", **told).stdout.endswith("UTC, system time\n")
    assert natija("clock", "--advance", "soon", **told).returncode == 2
    refused = natija("clock", "--advance", "1d", NATIJA_ENV_FILE=str(tmp_path / "none"))
    assert refused.returncode == 2
    assert "only a file:PATH clock can be moved" in refused.stderr


def test_an_error_is_a_line_and_not_a_traceback(tmp_path: Path) -> None:
    told = {"NATIJA_KAFKA": "127.0.0.1:1", "NATIJA_ENV_FILE": str(tmp_path / "none")}
    failed = natija("rebuild", "nobody", **told)
    assert failed.returncode == 1
    assert failed.stderr.startswith("natija: there is no service nobody; there are analytics, deadlines,")
    assert natija("serve", "nobody", **told).returncode == 2
    away = natija("rebuild", "routing", **told)
    assert away.returncode == 1
    assert "Traceback" not in away.stderr
    assert "a server does not answer" in away.stderr.splitlines()[-1]
    assert "make up" in away.stderr.splitlines()[-1]


def test_every_metric_says_what_it_is_and_carries_our_name() -> None:
    ours = [one for one in vars(metrics).values() if isinstance(one, Counter | Gauge | Histogram)]
    families = [family for one in ours for family in one.describe()]
    assert len(families) >= 8
    assert all(family.name.startswith("natija_") and len(family.documentation) > 10 for family in families)
