"""The rows of deadlines: one per appeal, and the facts about all terms. One index finds the rows that call for an
event, others the lists of those who act on terms."""

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from natija_chassis.projections.state_table import standing_columns
from natija_chassis.projections.term_table import build_term_facts

projected = MetaData()

term_facts = build_term_facts(projected)

appeals = Table(
    "appeals",
    projected,
    *standing_columns(),
    Column("running", Boolean, nullable=False, comment="an answer is due"),
    Column("jurisdiction", Text),
    Column("kind", Text),
    Column("country_type", Text, comment="the country's own type of the kind; null: the rules of the kind apply"),
    Column("confidential", Boolean, nullable=False, comment="only its number and dates are for everybody who watches"),
    Column("complained_of", Text, comment="the body that it complains about"),
    Column("complaint_of", Text, comment="the appeal whose handling it complains about"),
    Column("opener", Text, comment="the source that registered it"),
    Column("fed", Boolean, nullable=False, comment="its register still feeds it: no term or breach here"),
    Column("received", DateTime(timezone=True), comment="by the first body that got it"),
    Column("holder", Text, comment="the body that must answer"),
    Column("executor", Text, comment="the post that must answer"),
    Column("opening", Integer, nullable=False, comment="sequence of the registration, or of the reopening"),
    Column("held_from", Integer, nullable=False, comment="sequence of the event by which the holder got it"),
    Column("held_since", DateTime(timezone=True), comment="the instant of that event, or of the receipt"),
    Column("starts", JSONB, nullable=False, comment="events that may start terms, and have not"),
    Column("terms", JSONB, nullable=False, comment="the law of each term"),
    Column("due", DateTime(timezone=True), comment="end of the term for the answer"),
    Column("breach", DateTime(timezone=True), comment="first due instant missed, or to be missed"),
    Column("holder_breach", DateTime(timezone=True), comment="the first that the holder missed, or will miss"),
    Column("fires_at", DateTime(timezone=True), comment="the timer: when the next event is due"),
    Column("final_time", DateTime(timezone=True), comment="of the last fact; null while the appeal is open"),
    Column("final_recordedtime", DateTime(timezone=True), comment="when the last fact was recorded; null likewise"),
    Column("data_missing", Text, comment="why no term can be set"),
)

Index("appeals_timer", appeals.c.fires_at, appeals.c.appeal, postgresql_where=text("fires_at is not null"))
Index("appeals_held", appeals.c.holder, appeals.c.breach, postgresql_where=text("running"))
Index("appeals_due", appeals.c.due, appeals.c.appeal, postgresql_where=text("running"))  # the lists of what is due
Index("appeals_executor", appeals.c.executor, appeals.c.due, postgresql_where=text("running"))  # the calendar feeds
