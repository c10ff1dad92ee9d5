"""The rows of routing: one route per appeal. A small index finds the unrouted ones."""

from sqlalchemy import Boolean, Column, DateTime, Index, MetaData, Table, Text, text

from natija_chassis.projections.state_table import standing_columns

projected = MetaData()

routes = Table(
    "routes",
    projected,
    *standing_columns(),
    Column("unrouted", Boolean, nullable=False, comment="an answer is due and no body is responsible"),
    Column("imported", Boolean, nullable=False, comment="history of another register, not routed here"),
    Column("since", DateTime(timezone=True), comment="received"),
    Column("topic", Text),
    Column("region", Text),
    Column("complained_of", Text, comment="a body that may not judge"),
    Column("complaint_of", Text, comment="the appeal whose handling is complained of"),
    Column("body", Text, comment="the responsible body"),
)

Index("routes_unrouted", routes.c.appeal, postgresql_where=text("unrouted and not imported"))
