"""The rows of the desk: a case per appeal, and the place of each event on the log."""

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, DateTime, Index, Integer, MetaData, Table, Text, text

from natija_chassis.projections.state_table import standing_columns

projected = MetaData()

cases = Table(
    "cases",
    projected,
    *standing_columns(),
    Column("received", DateTime(timezone=True)),
    Column("kind", Text),
    Column("form", Text),
    Column("channel", Text),
    Column("language", Text),
    Column("region", Text),
    Column("topic", Text),
    Column("complained_of", Text, comment="the body about which the applicant complains"),
    Column("complaint_of", Text, comment="the appeal whose handling is complained of"),
    Column("confidential", Boolean, nullable=False),
    Column("holder", Text, comment="the body that has to answer"),
    Column("held_by", ARRAY(Text), nullable=False, comment="all bodies that ever had to answer"),
    Column("addressee", Text, comment="the body to which the applicant wrote, while nobody holds it"),
    Column("opener", Text, comment="the source that registered it"),
    Column("fed", Boolean, nullable=False, comment="a register still brings its history"),
    Column("executor", Text, comment="the post in charge"),
    Column("term", Text, comment="the holder's present term for the answer"),
    Column("due", DateTime(timezone=True)),
    Column("extensions", Integer, nullable=False, comment="how often it may still be extended"),
    Column("extend_until", DateTime(timezone=True), comment="if it may be extended only until before its end"),
    Column("latest", DateTime(timezone=True), comment="the latest end of the extended term"),
    Column("breach", DateTime(timezone=True), comment="the first due instant that this holder missed"),
    Column("drafted", Integer, comment="sequence of the last draft of the answer"),
    Column("draft_outcome", Text),
    Column("approver", Text, comment="the post that approved the draft"),
    Column("data_until", DateTime(timezone=True), comment="the instant until which the applicant brings data"),
    Column("closed", DateTime(timezone=True)),
    Column("outcome", Text),
    Column("body", Text, comment="the holder, or else the addressee"),
    Column("stage", Text, nullable=False),
)
"""A queue is a range of an index: open appeals by their due instants, closed ones by their ends."""

_DUE = text("coalesce(due, 'infinity')")
Index("cases_open", cases.c.body, cases.c.stage, _DUE, cases.c.appeal, postgresql_where=text("stage <> 'closed'"))
Index("cases_due", cases.c.body, _DUE, cases.c.appeal, postgresql_where=text("stage <> 'closed'"))
Index("cases_executor", cases.c.executor, _DUE, cases.c.appeal, postgresql_where=text("stage <> 'closed'"))
Index(
    "cases_breach", cases.c.body, cases.c.breach, cases.c.appeal,
    postgresql_where=text("stage <> 'closed' and breach is not null"),
)  # fmt: skip
Index("cases_closed", cases.c.body, cases.c.closed, cases.c.appeal, postgresql_where=text("stage = 'closed'"))

events = Table(
    "events",
    projected,
    Column("appeal", Text, primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("log_offset", BigInteger, nullable=False, comment="on the partition of the appeal"),
)
