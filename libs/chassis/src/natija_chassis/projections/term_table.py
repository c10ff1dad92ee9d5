"""The table of facts about terms. Every projection that needs terms has it: built here, filled here."""

from collections.abc import Iterable

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, DateTime, Integer, MetaData, SmallInteger, Table, Text

from natija_events.terms.facts import TermFact, facts_of
from natija_events.wire.record import RecordedEvent

_INSTANT = DateTime(timezone=True)


def build_term_facts(metadata: MetaData) -> Table:
    """The table `term_facts` in *metadata*: a row for each `TermFact`. `breaches_sql` judges it."""
    return Table(
        "term_facts",
        metadata,
        Column("appeal", Text, primary_key=True),
        Column("sequence", Integer, primary_key=True, comment="of its event in the appeal"),
        Column("place", SmallInteger, primary_key=True, comment="among the facts of its event, from 0"),
        Column("time", _INSTANT, nullable=False, comment="when it happened"),
        Column("recordedtime", _INSTANT, nullable=False, comment="when the registrar wrote it down"),
        Column("change", Text, nullable=False, comment="of the appeal or of one of its terms"),
        Column("name", Text, nullable=False, comment="the type of its event, without the version"),
        Column("term", Text, comment="null: a fact about the appeal"),
        Column("due", _INSTANT),
        Column("holder", Text, comment="who must act; of a fact about the appeal, the body from now on"),
        Column("origin_sequence", BigInteger, comment="of the event from which the term counts"),
        Column("ends", ARRAY(Text), comment="names of the events that end the term"),
        Column("pauses", ARRAY(Text), comment="names of the events that pause the term"),
        Column("counts", Boolean, comment="false: no body is late when the term is missed"),
    )


def term_facts(events: Iterable[RecordedEvent]) -> list[TermFact]:
    """The rows of *events*, in their order."""
    return [fact for event in events for fact in facts_of(event)]
