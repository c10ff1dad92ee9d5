"""The topics of a realm: name, writer, key and retention of each. This is their only place."""

from dataclasses import dataclass
from datetime import timedelta

from natija_events import limits

PARTITIONS = 16
"""Partitions of all but reference: a proposal on partition p is recorded on partition p. See docs/adr/0001."""


@dataclass(frozen=True, slots=True)
class KafkaTopic:
    """One topic. *retention* None means forever; *max_bytes* is the largest record batch.

    *compacted*: only the last record of each key is kept for good. *segment*: Kafka frees the disk in whole segments,
    and begins a new one after this time; None is its default.
    """

    purpose: str
    writer: str
    key: str
    retention: timedelta | None
    max_bytes: int
    partitions: int = PARTITIONS
    compacted: bool = False
    segment: timedelta | None = None

    def name(self, realm: str) -> str:
        """The topic's name on the cluster."""
        return f"{realm.lower()}.appeals.{self.purpose}"


INBOX = KafkaTopic(
    "inbox", "publishers", "appeal id", timedelta(days=30), limits.INBOX_BYTES, segment=timedelta(hours=6)
)
"""The registrar deletes what it has decided, since wrapped keys stand there."""

LOG = KafkaTopic("log", "registrar", "appeal id", None, limits.LOG_BYTES)
REJECTED = KafkaTopic("rejected", "registrar", "appeal id", timedelta(days=90), limits.REJECTED_BYTES)
REFERENCE = KafkaTopic("reference", "provision", "kind and id", None, limits.REFERENCE_BYTES, partitions=1)
"""Not compacted: an earlier value can be found again, and its version is an offset."""

KEYS = KafkaTopic("keys", "registrar", "key id", None, limits.KEYS_BYTES, compacted=True)
"""The data keys of sealed values, on the partition of their appeal."""

AUDIT = KafkaTopic("audit", "services", "appeal id", None, limits.AUDIT_BYTES)
"""The looks at sealed values: see `wire.audit_record`. Kept as long as the log, since the question who read a text can
come as long as the text is there."""

TOPICS = (INBOX, LOG, REJECTED, REFERENCE, KEYS, AUDIT)
"""The topics that every realm has, once each."""

OUTCOMES = KafkaTopic(
    "outcomes", "relay", "appeal id", timedelta(days=30), limits.INBOX_BYTES, partitions=1, segment=timedelta(days=1)
)
"""The outcomes of one publisher's proposals. Each publisher with a Kafka user has such a topic: see `outcome_topic`."""

_ESCAPED = str.maketrans({"/": ".", ".": "_d", "_": "_u"})
"""Kafka's names have no slash. Two sources must not share a topic, so points and underscores are escaped."""


def outcome_topic(realm: str, source: str) -> str:
    """The name of the outcome topic of the publisher *source*: ``kg.outcomes.desks.labour`` for ``/desks/labour``."""
    return f"{realm.lower()}.outcomes.{source.removeprefix('/').translate(_ESCAPED)}"
