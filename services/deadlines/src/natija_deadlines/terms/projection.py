"""The projection of deadlines: one clock an appeal. The fold itself is `clocks`, which is pure."""

from natija_chassis.projections.state_table import RowPerAppeal
from natija_deadlines.terms import tables
from natija_deadlines.terms.state import AppealClock, step

CLOCKS = RowPerAppeal(AppealClock, step, tables.clocks, service="deadlines", version=1)


def build() -> RowPerAppeal[AppealClock]:
    """The projection of this service, for the chassis."""
    return CLOCKS
