"""The names that other services import from `natija_events`, and what importing them does."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.sealing import REALM_KEY

import natija_events
from natija_events import Publisher, new_appeal_number, read_proposal, write_proposal

SOURCE = Path(natija_events.__file__)
README = (SOURCE.parents[2] / "README.md").read_text()
KAFKA_NAMES = set(natija_events._HOMES["natija_events.kafka"].split())


def run(program: str) -> str:
    """The output of *program* in a separate process."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", natija_events.__all__)
def test_public_name_is_found(name: str) -> None:
    assert getattr(natija_events, name) is not None
    assert name in dir(natija_events)


def test_public_names_have_homes() -> None:
    """The lists of names agree: those for people and type checkers, and those that are loaded."""
    assert set(natija_events.__all__) == {*natija_events._HOME_OF, *natija_events._OWNERS}
    typed = SOURCE.read_text().partition("if TYPE_CHECKING:")[2].partition("_HOMES")[0]
    imported = re.findall(r"^    from (\S+) import (?:\(([^)]*)\)|(.*))$", typed, re.MULTILINE)
    homes = {module: {name for name in re.split(r"[\s,]+", many + one) if name} for module, many, one in imported}
    assert homes.pop("natija_events.types") == set(natija_events._OWNERS)
    assert homes == {module: set(names.split()) for module, names in natija_events._HOMES.items()}


def test_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Foreseen'"):
        _ = natija_events.Foreseen  # type: ignore[attr-defined]


def test_import_needs_no_kafka_client() -> None:
    """Without aiokafka everything but the Kafka part works, and no module for I/O is loaded."""
    program = f"""
import sys
sys.modules["aiokafka"] = None
import natija_events
for name in natija_events.__all__:
    if name not in {KAFKA_NAMES}:
        getattr(natija_events, name)
print(*sorted({{"asyncio", "ssl", "subprocess", "aiokafka.client"}} & set(sys.modules)))
try:
    from natija_events import Publisher
except ImportError as error:
    print(error)
"""
    loaded, error = run(program).splitlines()
    assert loaded == ""
    assert error == "Publisher needs the kafka extra: pip install 'natija-events[kafka]'"


def test_import_does_no_io() -> None:
    """Import reads modules only. Loading all names opens no connection, no process and no file outside Python's."""
    program = f"""
import sys
loading = False
def watch(event, args):
    if event == "open":
        path = str(args[0])
        expected = path.startswith(({sys.prefix!r}, {sys.base_prefix!r}, "/proc/", "/etc/")) and loading
        if not (expected or path.endswith((".py", ".pyc", ".so"))):
            print(event, path)
    if event.startswith(("socket.connect", "socket.bind", "subprocess.", "os.exec", "os.fork")):
        print(event)
sys.addaudithook(watch)
import natija_events
loading = True
for name in natija_events.__all__:
    getattr(natija_events, name)
"""
    assert run(program) == ""


def test_import_patches_nothing() -> None:
    """aiokafka stays as it is until a publisher or reader starts."""
    program = """
from aiokafka.conn import AIOKafkaConnection
before = dict(vars(AIOKafkaConnection))
import natija_events
for name in natija_events.__all__:
    getattr(natija_events, name)
print(before == dict(vars(AIOKafkaConnection)))
"""
    assert run(program) == "True\n"


def test_readme_imports_public_names_only() -> None:
    """So a move inside the package never breaks a publisher that follows the README."""
    guides = README.partition("## Add an event type")[0]
    modules = re.findall(r"^\s*(?:from|import) (natija_events\S*)", guides, re.MULTILINE)
    assert modules
    assert set(modules) == {"natija_events"}


def test_second_event_of_readme_is_made() -> None:
    """The page writes it in a sentence: it is code that runs."""
    [code] = re.findall(r"`(publisher\.event\(number, now, .*)`", README)
    names: dict[str, Any] = {name: getattr(natija_events, name) for name in ("intake", "personal")}
    publisher = Publisher("127.0.0.1:1", "kg", "/registers/osh", realm_key=REALM_KEY)
    event = eval(code, names | {"publisher": publisher, "number": new_appeal_number("kg"), "now": datetime.now(UTC)})
    assert (event.type, event.expectedsequence) == ("appeal.supplemented.v1", 1)
    assert read_proposal(*write_proposal([event])[1:]).events == (event,)
