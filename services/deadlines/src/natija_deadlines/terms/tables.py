"""The rows of deadlines: one term per appeal. Small indexes find the rows that need a decision."""

from sqlalchemy import ARRAY, Boolean, Column, DateTime, Index, MetaData, Table, Text, text

from natija_chassis.projections.state_table import standing_columns

projected = MetaData()

terms = Table(
    "terms",
    projected,
    *standing_columns(),
    Column("running", Boolean, nullable=False, comment="an answer is due"),
    Column("jurisdiction", Text),
    Column("kind", Text),
    Column("country_type", Text, comment="the country's own type of the kind; null: the rules of the kind apply"),
    Column("imported", Boolean, nullable=False, comment="its register still feeds it: no term or breach here"),
    Column("opener", Text, comment="the source that registered it"),
    Column("counts_from", DateTime(timezone=True), comment="received, here or by forwarding"),
    Column("starts", DateTime(timezone=True)),
    Column("due", DateTime(timezone=True)),
    Column("policy", Text),
    Column("warned", ARRAY(DateTime(timezone=True)), nullable=False, comment="due instants with a warning on the log"),
    Column("missed", ARRAY(DateTime(timezone=True)), nullable=False, comment="due instants with a breach on the log"),
)

_OPEN_TERM = "running and due is not null"
PENDING_TERM = "running and due is null and not imported"
PENDING_MISSED = f"{_OPEN_TERM} and not imported and due >= opened and not (due = any(missed))"
PENDING_WARNING = f"{_OPEN_TERM} and not imported and not (due = any(warned))"
"""The conditions of rows that may need a decision. A query repeats them to use the partial index.

There is no index of all running terms: the planner would choose it and read every breach again."""

Index("terms_pending_term", terms.c.appeal, postgresql_where=text(PENDING_TERM))
Index("terms_pending_missed", terms.c.due, terms.c.appeal, postgresql_where=text(PENDING_MISSED))
Index("terms_pending_warning", terms.c.due, terms.c.appeal, postgresql_where=text(PENDING_WARNING))
