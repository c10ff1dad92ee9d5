"""Tables of the relay. They are not on the log: without them, the relay computes them again from log and rejected."""

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, DateTime, Index, Integer, MetaData, Table, Text, Uuid

metadata = MetaData()

relay = Table(
    "relay",
    metadata,
    Column("one", Boolean, primary_key=True, comment="true: the table has one row"),
    Column("epoch", Text, nullable=False, comment="of the positions; another one when the tables were made again"),
    Column("last", BigInteger, nullable=False, comment="the greatest position"),
)

relay_offsets = Table(
    "relay_offsets",
    metadata,
    Column("topic", Text, primary_key=True, comment="log or rejected"),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("next", BigInteger, nullable=False, comment="the offset to read next"),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False, comment="grows in the order of commits"),
    Column("partition", Integer, nullable=False, comment="of the inbox"),
    Column("inboxoffset", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("subject", Text, comment="number of the appeal"),
    Column("proposal", Uuid, comment="id of the first event"),
    Column("recordedtime", DateTime(timezone=True), nullable=False),
    Column("reason", Text, comment="null: registered"),
    Column("field", Text),
    Column("rule", Text),
    Column("sequence", Integer, comment="of the first event; of a duplicate, where it is registered already"),
    Column("events", Integer),
    Column("stored", DateTime(timezone=True), nullable=False, comment="in wall time"),
    Index("outcomes_of_record", "partition", "inboxoffset", unique=True),
    Index("outcomes_of_source", "source", "position"),
    Index("outcomes_of_proposal", "source", "proposal"),
    Index("outcomes_by_age", "stored"),
)

outcome_topics = Table(
    "outcome_topics",
    metadata,
    Column("source", Text, primary_key=True),
    Column("published", BigInteger, nullable=False, comment="the last position that is on the topic"),
)

shared_appeals = Table(
    "shared_appeals",
    metadata,
    Column("appeal", Text, primary_key=True),
    Column("holder", Text),
    Column("addressee", Text),
    Column("opener", Text),
    Column("fed", Boolean, nullable=False),
    Column("bodies", ARRAY(Text), nullable=False, comment="that hold or have held it"),
    Column("offsets", ARRAY(BigInteger), nullable=False, comment="of its events on the log"),
    Column("confidential", Boolean, nullable=False),
    Column("complained_of", Text),
    Column("complaint_of", Text, comment="number of the appeal that this complaint is about"),
    Column("shared_with", ARRAY(Text), nullable=False),
    Column("last", BigInteger, nullable=False, comment="offset of its last event"),
)

shared_events = Table(
    "shared_events",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("reader", Text, nullable=False),
    Column("appeal", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False, comment="on the log"),
    Index("shared_events_of_reader", "reader", "position"),
    Index("shared_events_of_event", "partition", "offset"),
)
