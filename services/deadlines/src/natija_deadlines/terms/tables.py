"""The rows of deadlines: one clock an appeal. What calls for a decision is found by small indexes."""

from sqlalchemy import ARRAY, Boolean, Column, DateTime, Index, MetaData, Table, Text, text

from natija_chassis.projections.state_table import standing_columns

projected = MetaData()

clocks = Table(
    "clocks",
    projected,
    *standing_columns(),
    Column("running", Boolean, nullable=False, comment="somebody owes an answer"),
    Column("jurisdiction", Text),
    Column("kind", Text),
    Column("imported", Boolean, nullable=False, comment="history of another register, left as brought"),
    Column("counts_from", DateTime(timezone=True), comment="received, here or by forwarding"),
    Column("starts", DateTime(timezone=True)),
    Column("due", DateTime(timezone=True)),
    Column("policy", Text),
    Column("warned", ARRAY(DateTime(timezone=True)), nullable=False, comment="due instants that were warned of"),
    Column("missed", ARRAY(DateTime(timezone=True)), nullable=False, comment="due instants that passed unanswered"),
)

_OPEN_TERM = "running and due is not null"
WITHOUT_A_TERM = "running and due is null and not imported"
TO_BE_MISSED = f"{_OPEN_TERM} and due >= opened and not (due = any(missed))"
TO_BE_WARNED_OF = f"{_OPEN_TERM} and not imported and not (due = any(warned))"
"""Which rows may call for a decision, as conditions that a query repeats to find them by an index of those alone.

There is no index of all open clocks on purpose: the planner would take it for these and read every breach anew."""

Index("clocks_without_a_term", clocks.c.appeal, postgresql_where=text(WITHOUT_A_TERM))
Index("clocks_to_be_missed", clocks.c.due, clocks.c.appeal, postgresql_where=text(TO_BE_MISSED))
Index("clocks_to_be_warned_of", clocks.c.due, clocks.c.appeal, postgresql_where=text(TO_BE_WARNED_OF))
