"""A version 2 of a real type, as a developer would add one, for tests of every path that reads the log.

    from tests.contract.a_v2 import TopicAssignedV2, topic_assigned_v2  # a fixture, or `with a_v2():`

Meanwhile `appeal.topic-assigned.v1` on the log is read as version 2: a topic belongs to a scheme, and earlier topics to
the scheme of 2019. It exists in this process only.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest

from natija_events.lifecycle import transitions
from natija_events.schema.registry import REGISTRY
from natija_events.types.codes import Code
from natija_events.types.routing import TopicAssigned


class TopicAssignedV2(TopicAssigned):
    """The topic of the appeal, in a scheme of topics.

    In the real code it would take the plain name and version 1 another, so that folds match the newest version.
    """

    type: ClassVar[str] = "appeal.topic-assigned.v2"

    scheme: Code


def upcast(v1: dict[str, Any]) -> dict[str, Any]:
    """Turn data of version 1 into version 2."""
    return {"topic": f"2019/{v1['topic']}", "scheme": "2019"}


@contextmanager
def a_v2() -> Iterator[type[TopicAssignedV2]]:
    """Version 2 is part of the contract inside the context."""
    registry = {name: dict(part) for name, part in vars(REGISTRY).items()}
    table = dict(transitions.TABLE)
    REGISTRY.add(TopicAssignedV2, replaces=TopicAssigned, upcast=upcast)
    row = transitions.TABLE[TopicAssigned.type]._replace(data=TopicAssignedV2)
    transitions.TABLE.update({TopicAssigned.type: row, TopicAssignedV2.type: row})
    try:
        yield TopicAssignedV2
    finally:
        vars(REGISTRY).update(registry)
        transitions.TABLE.clear()
        transitions.TABLE.update(table)


@pytest.fixture
def topic_assigned_v2() -> Iterator[type[TopicAssignedV2]]:
    """Version 2 is part of the contract during this test."""
    with a_v2() as model:
        yield model
