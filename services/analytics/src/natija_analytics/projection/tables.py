"""The rows of analytics: `history`, one row per event, and `facts`, one row per appeal. Neither contains personal data.

Analysts read both as the role `natija_reader`. The directory has the names of bodies, topics, regions and channels.
"""

from sqlalchemy import BigInteger, Column, DateTime, Integer, MetaData, SmallInteger, Table, Text, Uuid

from natija_chassis.projections.term_table import build_term_facts

projected = MetaData()

_INSTANT = DateTime(timezone=True)

history = Table(
    "history",
    projected,
    Column("appeal", Text, primary_key=True),
    Column("sequence", Integer, primary_key=True, comment="place among the events of the appeal, from 1"),
    Column("partition", SmallInteger, nullable=False, comment="of the log, which contains the event"),
    Column("offset", BigInteger, nullable=False),
    Column("logsequence", BigInteger, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("type", Text, nullable=False, comment="in the version it was registered in"),
    Column("source", Text, nullable=False),
    Column("time", _INSTANT, nullable=False, comment="when it happened"),
    Column("recordedtime", _INSTANT, nullable=False, comment="when the registrar wrote it down"),
    Column("state", Text, comment="the state it leads to; null when it leads to none, or back to the one before"),
    Column("closure", Text, comment="end, merge (into another appeal), resume or reopen; null when none"),
    Column("due", _INSTANT, comment="the due instant in the event"),
    Column("body", Text, comment="the responsible body from now on"),
    Column("topic", Text, comment="the topic from now on"),
    Column("outcome", Text),
)

term_facts = build_term_facts(projected)

facts = Table(
    "facts",
    projected,
    Column("appeal", Text, primary_key=True),
    Column("sequence", Integer, nullable=False, comment="of its last event"),
    Column("recordedtime", _INSTANT, nullable=False, comment="of its last event"),
    Column("opened", _INSTANT, comment="time of the registration"),
    Column("received", _INSTANT),
    Column("jurisdiction", Text),
    Column("kind", Text),
    Column("country_type", Text, comment="the country's own type of the kind"),
    Column("form", Text),
    Column("channel", Text),
    Column("language", Text),
    Column("character", Text),
    Column("applicants_count", Integer),
    Column("applicant_kind", Text),
    Column("social_group", Text),
    Column("region", Text),
    Column("district", Text),
    Column("topic", Text),
    Column("referral_from", Text),
    Column("addressee", Text),
    Column("body", Text, comment="the responsible body, or the last one"),
    Column("closed", _INSTANT, comment="null while somebody owes an answer"),
    Column("ending", Text, comment="the state it closed in"),
    Column("outcome", Text),
    Column("repeat_of", Text),
    Column("duplicate_of", Text, comment="counts once: leave these out of counts"),
    Column("parent", Text, comment="of a part that was forwarded"),
    Column("complaint_of", Text),
    Column("register_name", Text, comment="the register its history was imported from; null when it was received here"),
    Column("external_id", Text, comment="its id there"),
)
