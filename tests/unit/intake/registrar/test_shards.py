"""Whose id is whose: a registrar's id tells of which realm and which generation it is."""

import pytest

from natija_intake.registrar.shards.locks import Shard, ShardLayout


def test_transactional_id_has_its_generation() -> None:
    """The generation can be read from a registrar's transactional.id."""
    assert ShardLayout.generation_of(Shard(ShardLayout(7, 16, True), 12).transactional_id("kg"), "kg") == 7


@pytest.mark.parametrize("outsider", ["kg.registrar.7", "xkg.registrar.7.0", "kg.registrar.7.0.1", "kgxregistrar.7.0"])
def test_foreign_id_has_no_generation(outsider: str) -> None:
    """A transactional.id of another realm or program has no generation."""
    assert ShardLayout.generation_of(outsider, "kg") is None
