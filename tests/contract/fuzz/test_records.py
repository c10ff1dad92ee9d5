"""Changed records on the inbox: whatever they hold, the registrar decides, and the log keeps to the contract."""

import random

import pytest
from tests.contract.corpus import outcomes
from tests.contract.corpus.author import REFERENCE, Author
from tests.contract.fuzz.changes import CHANGES
from tests.contract.fuzz.memory import MemoryGrowth
from tests.contract.fuzz.registrar import InProcessRegistrar, check


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("changed", [2_500, pytest.param(200_000, marks=pytest.mark.thorough)])
def test_changed_records_break_nothing(changed: int) -> None:
    """Nothing raises, nothing invalid is registered, no hostile value is told, and the memory stays bounded."""
    cases = [case.write(Author(index)) for index, case in enumerate(outcomes.CASES)]
    memory, registered = MemoryGrowth(), 0
    for seed in range(changed):
        chance = random.Random(seed)
        records = list(chance.choice(cases))
        place = chance.randrange(len(records))
        for _ in range(chance.choice([1, 1, 1, 2, 3])):
            records[place] = chance.choice(CHANGES)(chance, records[place])
        registrar = InProcessRegistrar(REFERENCE)
        *_, last = [registrar.decide(record) for record in records[: place + 1]]
        registered += check(last)
    print(f"{changed:,} changed records: {registered:,} registered, {memory}")
    assert 0 < registered < changed / 2
    memory.check()
