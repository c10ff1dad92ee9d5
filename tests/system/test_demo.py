"""`make demo` in a temporary clone: what it shows, how it ends, and that no run confuses the next."""

import asyncio
import os
import re
import signal
from collections.abc import Iterator

import psutil
import pytest
from tests.stack import hears_ctrl_c
from tests.system.clones import Clone

MEMORY_MIB = 1280
CHANNELS = [("Президенттин Аппаратынан", "381", "15,5"), ("Жогорку Кеңештен", "508", "20,7")]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    made = Clone.make(tmp_path_factory.mktemp("c"))
    try:
        yield made
    finally:
        made.destroy()


async def _begin(clone: Clone, *targets: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        "make", *targets, cwd=clone.root, env=clone.environment(), stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, start_new_session=True, limit=2**20,
        preexec_fn=hears_ctrl_c,
    )  # fmt: skip


async def _until(demo: asyncio.subprocess.Process, words: str) -> str:
    """Its output up to the line with *words*."""
    assert demo.stdout is not None
    said = ""
    while words not in said:
        line = (await demo.stdout.readline()).decode()
        assert line, f"it ended before it said {words!r}:\n{said}"
        said += line
    return said


async def _completed(clone: Clone) -> str:
    """The output of a demo that ran to its end."""
    demo = await _begin(clone, "demo", "ONCE=1")
    output, _ = await demo.communicate()
    assert demo.returncode == 0, output.decode()
    return output.decode()


def _reports(said: str) -> str:
    return said[said.index("$ natija report") : said.index("== The history")].rpartition("\n   (")[0]


@pytest.mark.timeout(300)
async def test_demo_shows_main_job(clone: Clone) -> None:
    """The demo shows the main job, and Ctrl-C leaves no process."""
    demo = await _begin(clone, "demo")
    first = await _until(demo, "Ctrl-C ends the demo")
    together = clone.make_target("status").stdout.splitlines()[-1].split()
    assert int(together[1]) <= MEMORY_MIB
    os.killpg(demo.pid, signal.SIGINT)
    await demo.communicate()
    assert clone.running() == []
    assert "3088/3088" in first
    assert re.search(r"3,?088 +3,?088", first)
    for name, count, share in CHANNELS:
        assert re.search(rf"{name} +{count} +{share}", first)
    number = re.search(r"number (\S+)", first)
    assert number is not None
    assert f"$ natija history {number[1]}" in first
    live = first[first.index("$ POST") : first.index("$ natija report")]
    opening, *acts = re.findall(r"appeal\.([a-z-]+)\.v1", live)
    assert opening == "registered"
    assert sorted(acts) == ["routed", "term-set"]


@pytest.mark.thorough
@pytest.mark.timeout(300)
async def test_killed_demo_confuses_no_other(clone: Clone) -> None:
    """A demo that is killed leaves its processes running. The next one shows the same, and nothing is left."""
    first = await _completed(clone)
    demo = await _begin(clone, "demo", "ONCE=1")
    await _until(demo, "$ natija import")
    for process in psutil.Process(demo.pid).children(recursive=True):
        if process.cmdline()[1:4] == ["-m", "deploy.local", "demo"]:
            process.kill()
    await demo.communicate()
    assert demo.returncode != 0
    assert len(clone.running()) > 5

    again = await _completed(clone)
    assert _reports(again) == _reports(first)
    assert re.search(r"already registered +3,?088", again)
    assert clone.running() == []


@pytest.mark.thorough
@pytest.mark.timeout(120)
async def test_failed_step_ends_demo(clone: Clone) -> None:
    """A step that fails ends the demo with its code and stops what the demo started."""
    mapping = clone.root / "examples" / "kg-h1-2019-mapping.yaml"
    before = mapping.read_text()
    mapping.write_text("source: {}\n")
    try:
        done = clone.local("demo", "--once")
    finally:
        mapping.write_text(before)
    assert done.returncode != 0
    assert "the demo failed at the step: natija import" in done.stderr
    assert clone.running() == []
