"""The rows of routing: one route an appeal. The unrouted ones, the work, are found by a small index."""

from sqlalchemy import ARRAY, Boolean, Column, DateTime, Index, Integer, MetaData, Table, Text, text

projected = MetaData()

routes = Table(
    "routes",
    projected,
    Column("appeal", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("resume", ARRAY(Text), nullable=False, comment="states to go back to, the last one first"),
    Column("opened", DateTime(timezone=True), comment="time of the registration"),
    Column("sequence", Integer, nullable=False),
    Column("material", Integer, nullable=False, comment="sequence of the last material event"),
    Column("unrouted", Boolean, nullable=False, comment="somebody owes an answer and nobody is named"),
    Column("imported", Boolean, nullable=False, comment="history of another register, left as brought"),
    Column("since", DateTime(timezone=True), comment="received"),
    Column("topic", Text),
    Column("region", Text),
    Column("complained_of", Text, comment="a body that may not judge"),
    Column("complaint_of", Text, comment="the appeal whose handling is complained of"),
    Column("body", Text, comment="who must answer"),
)

Index("routes_unrouted", routes.c.appeal, postgresql_where=text("unrouted and not imported"))
