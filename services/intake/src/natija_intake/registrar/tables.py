"""Tables of intake: the heads, which a rebuild fills from the log, and the few rows that are not on the log."""

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, DateTime, Integer, LargeBinary, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

projected = MetaData()

heads = Table(
    "heads",
    projected,
    Column("appeal", Text, primary_key=True),
    Column("sequence", Integer, nullable=False),
    Column("material", Integer, nullable=False, comment="sequence of the last material event"),
    Column("termed", Integer, nullable=False, comment="sequence of the last term event"),
    Column("state", Text, nullable=False),
    Column("resume", ARRAY(Text), nullable=False, comment="states to resume, the last one first"),
    Column("opened", DateTime(timezone=True), comment="time of the registration"),
    Column("hash", Text, nullable=False, comment="of the last event"),
    Column("received", DateTime(timezone=True)),
    Column("registered", DateTime(timezone=True), comment="recorded time of the first event"),
    Column("external_body", Text, comment="the body outside the register to which it was forwarded"),
    Column("holder", Text, comment="the body that must answer; null before one is named"),
    Column("addressee", Text, comment="the body to which the applicant wrote; null once there is a holder"),
    Column("opener", Text, comment="the source that registered it"),
    Column("fed", Boolean, nullable=False, comment="the opener is a register, and its history still goes on"),
    Column("due", DateTime(timezone=True)),
    Column("extended", Boolean, nullable=False),
    Column("forwarded", Boolean, nullable=False, comment="forwarded, and not yet routed by the receiving body"),
    Column("code_generation", Integer, nullable=False, comment="of the access code"),
    Column("limits", JSONB, nullable=False, comment="of each extendable term: see term_limits"),
    Column("term", Text, comment="id of the present term for the answer"),
    Column("since", Integer, nullable=False, comment="sequence of the event from which the present term counts"),
)

event_keys = Table(
    "event_keys",
    projected,
    Column("appeal", Text, primary_key=True),
    Column("key", Uuid, primary_key=True, comment="of the source and id: 16 bytes of their SHA-256"),
    Column("digest", LargeBinary, nullable=False, comment="of the content, with lengths in place of sealed values"),
    Column("full_digest", LargeBinary, comment="of the whole content; null when no value is sealed"),
    Column("sequence", Integer, nullable=False),
)

own = MetaData()

shards = Table(
    "shards",
    own,
    Column("one", Boolean, primary_key=True, comment="true: the table has one row"),
    Column("generation", Integer, nullable=False, comment="goes up with every change"),
    Column("shards", Integer, nullable=False),
    Column("ready", Boolean, nullable=False, comment="false while the old generation is being fenced"),
)

inbox_offsets = Table(
    "inbox_offsets",
    own,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("inbox_next", BigInteger, nullable=False, comment="the inbox offset to decide next"),
    Column("rejected_next", BigInteger, nullable=False, comment="the offset on rejected to catch up from"),
    Column("reference_version", BigInteger, nullable=False, comment="the greatest referenceversion on the log"),
    Column("keys_next", BigInteger, nullable=False, comment="the topic of data keys ends there, or later"),
)
