"""The projection of deadlines: one clock an appeal. The fold itself is `clocks`, which is pure."""

from natija_chassis.row_per_appeal import RowPerAppeal
from natija_deadlines import tables
from natija_deadlines.clocks import AppealClock, step

CLOCKS = RowPerAppeal(AppealClock, step, tables.clocks, service="deadlines", version=1)


def build() -> RowPerAppeal[AppealClock]:
    """The projection of this service, for the chassis."""
    return CLOCKS
