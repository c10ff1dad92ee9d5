"""A registrar takes a shard over with the reference data that it can get."""

from types import SimpleNamespace
from typing import Any

import pytest

from natija_chassis.errors import OperatorError
from natija_chassis.realm.reference_reader import ReferenceDataMissing
from natija_intake.registrar.shards.takeover import check_reference_version, read_reference_data


def context(*, reached: bool, known: bool) -> Any:
    async def reach_end() -> bool:
        return reached

    reader = SimpleNamespace(reach_end=reach_end, is_known=known, problem="the end is not reached")
    return SimpleNamespace(reference=reader)


async def test_end_is_read_first() -> None:
    assert await read_reference_data(context(reached=True, known=True))


async def test_known_data_serve_without_end(caplog: pytest.LogCaptureFixture) -> None:
    """While the end cannot be reached the registrar goes on with what it has, and says so."""
    assert not await read_reference_data(context(reached=False, known=True))
    assert "the end is not reached" in caplog.text


@pytest.mark.parametrize("reached", [True, False])
async def test_nothing_known_decides_nothing(reached: bool) -> None:
    with pytest.raises(ReferenceDataMissing, match="the end is not reached"):
        await read_reference_data(context(reached=reached, known=False))


def test_version_behind_log_is_refused() -> None:
    check_reference_version(7, 7)
    check_reference_version(7, -1)
    with pytest.raises(OperatorError, match="reference data end at version 6, but the log has events"):
        check_reference_version(6, 7)
