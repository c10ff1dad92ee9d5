"""The rows of deadlines: one term per appeal, and the facts about all terms. Small indexes find the rows that need a
decision."""

from sqlalchemy import ARRAY, Boolean, Column, DateTime, Index, Integer, MetaData, Table, Text, text

from natija_chassis.projections.state_table import standing_columns
from natija_chassis.projections.term_table import build_term_facts

projected = MetaData()

term_facts = build_term_facts(projected)

terms = Table(
    "terms",
    projected,
    *standing_columns(),
    Column("running", Boolean, nullable=False, comment="an answer is due"),
    Column("watched", Boolean, nullable=False, comment="the end of the term is watched"),
    Column("unset", Boolean, nullable=False, comment="a term is to be set"),
    Column("jurisdiction", Text),
    Column("kind", Text),
    Column("country_type", Text, comment="the country's own type of the kind; null: the rules of the kind apply"),
    Column("opener", Text, comment="the source that registered it"),
    Column("fed", Boolean, nullable=False, comment="its register still feeds it: no term or breach here"),
    Column("received", DateTime(timezone=True), comment="by the first body that got it"),
    Column("counts_from", DateTime(timezone=True), comment="received, here or by forwarding, or reopened"),
    Column("origin", Integer, nullable=False, comment="sequence of the event from which the next term counts"),
    Column("terms", Integer, nullable=False, comment="number of terms for the answer"),
    Column("term", Text, comment="id of the present term"),
    Column("last", Integer, nullable=False, comment="sequence of the last event of the present term"),
    Column("starts", DateTime(timezone=True)),
    Column("due", DateTime(timezone=True)),
    Column("policy", Text),
    Column("warned", ARRAY(DateTime(timezone=True)), nullable=False, comment="due instants with a warning on the log"),
    Column("missed", ARRAY(DateTime(timezone=True)), nullable=False, comment="due instants with a breach on the log"),
    Column("counts", Boolean, nullable=False, comment="false: no body is late when it passes"),
    Column("pauses", ARRAY(Text), nullable=False, comment="names of the events that pause it"),
    Column("paused", Boolean, nullable=False),
)

PENDING_TERM = "unset"
PENDING_MISSED = "watched and not (due = any(missed))"
PENDING_WARNING = "watched and not (due = any(warned))"
"""The conditions of rows that may need a decision. A query repeats them to use the partial index.

There is no index of all running terms: the planner would choose it and read every breach again."""

Index(
    "terms_pending_term",
    terms.c.jurisdiction,
    terms.c.counts_from,
    terms.c.appeal,
    postgresql_where=text(PENDING_TERM),
)
Index("terms_pending_missed", terms.c.due, terms.c.appeal, postgresql_where=text(PENDING_MISSED))
Index("terms_pending_warning", terms.c.due, terms.c.appeal, postgresql_where=text(PENDING_WARNING))
