"""The projection of deadlines: one term per appeal. The fold is `state`."""

from natija_chassis.projections.state_table import StateTable
from natija_deadlines.terms import tables
from natija_deadlines.terms.state import AppealTerm, evolve

TERMS = StateTable(AppealTerm, evolve, tables.terms, service="deadlines", version=4)


def build() -> StateTable[AppealTerm]:
    """The projection of this service, for the chassis."""
    return TERMS
