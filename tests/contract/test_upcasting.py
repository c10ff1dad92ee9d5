"""Old versions are upcast on every path: records of the log, folds, admission and `read` (tests/integration/events).

The runner and the rebuild of the chassis use the same `read_recorded_event`.
"""

import re
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tests.contract.a_v2 import TopicAssignedV2, a_v2, topic_assigned_v2  # noqa: F401
from tests.sealing import sealed_somewhere
from tests.unit.events.examples import registered
from tests.unit.events.given import START, Dated, History, register

from natija_events.lifecycle import transitions
from natija_events.lifecycle.fold import fold
from natija_events.schema.registry import REGISTRY, EventRegistry, Invalid
from natija_events.types.base import Count, EventData
from natija_events.types.codes import Code
from natija_events.types.routing import Answered, TopicAssigned
from natija_events.wire.hash_chain import event_hash

SOURCES = Path(__file__).resolve().parents[2]
ON_THE_LOG = tuple(map(sealed_somewhere, (registered(), TopicAssigned(topic="land"), Answered(outcome="refused"))))


def log() -> list[Any]:
    return register([Dated(START, data) for data in ON_THE_LOG])


@pytest.mark.usefixtures("topic_assigned_v2")
def test_version_1_is_read_as_2() -> None:
    """An event registered as version 1 is read and folded as version 2."""
    _, assigned, _ = read = log()

    assert assigned.type == "appeal.topic-assigned.v1", "the log says what it said"
    assert assigned.event.data == b'{"topic":"land"}'
    assert assigned.data == TopicAssignedV2(topic="2019/land", scheme="2019")
    appeal = fold(read)
    assert appeal is not None
    assert (appeal.topic, appeal.standing.state, appeal.standing.material) == ("2019/land", "ANSWERED", 3)


@pytest.mark.usefixtures("topic_assigned_v2")
def test_hash_covers_stored_version() -> None:
    """The hash chain covers the stored bytes, not the upcast data."""
    _, assigned, answered = log()

    assert assigned.hash == event_hash(assigned.headers, b'{"topic":"land"}') == answered.stamp.previoushash
    with_v2 = [event.hash for event in log()]
    assert with_v2 == [event.hash for event in log()]


@pytest.mark.usefixtures("topic_assigned_v2")
def test_both_versions_are_admitted() -> None:
    """Each version is checked by its own schema and continues as the newest."""
    newest = TopicAssignedV2(topic="2019/land", scheme="2019")

    assert REGISTRY.admit("appeal.topic-assigned.v1", b'{"topic":"land"}') == newest
    assert REGISTRY.admit("appeal.topic-assigned.v2", b'{"topic":"2019/land","scheme":"2019"}') == newest
    with pytest.raises(Invalid, match="has an unknown field"):
        REGISTRY.admit("appeal.topic-assigned.v1", b'{"topic":"land","scheme":"2019"}')
    with pytest.raises(Invalid, match="scheme: Field required"):
        REGISTRY.admit("appeal.topic-assigned.v2", b'{"topic":"land"}')


@pytest.mark.usefixtures("topic_assigned_v2")
def test_versions_share_one_row() -> None:
    assert transitions.TABLE["appeal.topic-assigned.v1"] is transitions.TABLE["appeal.topic-assigned.v2"]
    history = History()
    assert history.admit(registered()) is None
    assert history.admit(TopicAssignedV2(topic="2024/land", scheme="2024")) is None
    assert history.standing.material == 2


def test_older_reader_skips_new_version() -> None:
    """A reader without the new version only advances the sequence."""
    with a_v2():
        written = register([Dated(START, registered()), Dated(START, TopicAssignedV2(topic="x", scheme="2024"))])
    assert REGISTRY.decode("appeal.topic-assigned.v2", written[1].event.data) is None
    appeal = fold([written[0], written[1]._replace(data=None)])

    assert appeal is not None
    assert (appeal.topic, appeal.standing.sequence, appeal.standing.material) == (None, 2, 1)


def test_new_version_ends_with_test() -> None:
    with a_v2():
        assert "appeal.topic-assigned.v2" in REGISTRY.models
    assert "appeal.topic-assigned.v2" not in REGISTRY.models
    assert "appeal.topic-assigned.v2" not in transitions.TABLE
    assert log()[1].data == TopicAssigned(topic="land")


class One(EventData):
    type: ClassVar[str] = "appeal.counted.v1"
    count: Count


class Two(EventData):
    type: ClassVar[str] = "appeal.counted.v2"
    many: Count


class Three(EventData):
    type: ClassVar[str] = "appeal.counted.v3"
    word: Code


def _two(one: dict[str, Any]) -> dict[str, Any]:
    return {"many": one["count"]}


def _three(two: dict[str, Any]) -> dict[str, Any]:
    return {"word": "x" * two["many"]}


def test_upcasters_step_from_version_to_version() -> None:
    catalogue = EventRegistry([One])
    catalogue.add(Two, replaces=One, upcast=_two)
    catalogue.add(Three, replaces=Two, upcast=_three)

    assert catalogue.decode("appeal.counted.v1", b'{"count":3}') == Three(word="xxx")
    assert catalogue.decode("appeal.counted.v2", b'{"many":2}') == Three(word="xx")
    assert catalogue.decode("appeal.counted.v3", b'{"word":"x"}') == Three(word="x")


@pytest.mark.parametrize("data", [b'{"count":"SECRET"}', b'{"SECRET":1}', b"SECRET", b'{"count":1,"count":1}'])
def test_failed_upcast_is_invalid(data: bytes) -> None:
    """Data that cannot be upcast are invalid, and the error holds no value of them."""
    catalogue = EventRegistry([One])
    catalogue.add(Two, replaces=One, upcast=_two)
    catalogue.add(Three, replaces=Two, upcast=_three)

    with pytest.raises(Invalid) as caught:
        catalogue.decode("appeal.counted.v1", data)
    assert "SECRET" not in str(caught.value)


def test_type_has_one_model() -> None:
    catalogue = EventRegistry([One])
    catalogue.add(One)
    again = type("Again", (Two,), {"type": One.type})

    with pytest.raises(ValueError, match=r"appeal\.counted\.v1: two models"):
        catalogue.add(again)


def test_log_is_read_in_one_place() -> None:
    """All code that reads the log uses `read_recorded_event`."""
    makes_events = re.compile(r"REGISTRY\.decode|(?<!class )\bRecordedEvent\(")
    found = {
        str(file.relative_to(SOURCES))
        for folder in ("libs", "services")
        for file in (SOURCES / folder).glob("*/src/**/*.py")
        if makes_events.search(file.read_text())
    }

    assert found == {
        "libs/events/src/natija_events/wire/record.py",  # the one way in
        "services/intake/src/natija_intake/registrar/batch.py",  # what was admitted this moment, in its newest version
    }
