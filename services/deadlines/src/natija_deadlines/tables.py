"""The rows of deadlines: one clock an appeal. What is due next is found by two small indexes."""

from sqlalchemy import ARRAY, Boolean, Column, DateTime, Index, Integer, MetaData, Table, Text, text

projected = MetaData()

clocks = Table(
    "clocks",
    projected,
    Column("appeal", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("resume", ARRAY(Text), nullable=False, comment="states to go back to, the last one first"),
    Column("opened", DateTime(timezone=True), comment="time of the registration"),
    Column("sequence", Integer, nullable=False),
    Column("material", Integer, nullable=False, comment="sequence of the last material event"),
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

Index("clocks_without_a_term", clocks.c.appeal, postgresql_where=text("running and due is null and not imported"))
Index("clocks_by_due", clocks.c.due, postgresql_where=text("running and due is not null"))
