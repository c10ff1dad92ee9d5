"""Whose id is whose: a registrar's id tells of which realm and which generation it is."""

import pytest

from natija_intake.registrar.shard_locks import Shard, ShardLayout


def test_an_id_tells_the_generation_it_was_given_in() -> None:
    assert ShardLayout.generation_of(Shard(ShardLayout(7, 16, True), 12).transactional_id("kg"), "kg") == 7


@pytest.mark.parametrize("stranger", ["kg.registrar.7", "xkg.registrar.7.0", "kg.registrar.7.0.1", "kgxregistrar.7.0"])
def test_an_id_of_somebody_else_has_none(stranger: str) -> None:
    assert ShardLayout.generation_of(stranger, "kg") is None
