"""Every topic of a realm: its name, who writes it, its key, and how long it is kept. Nowhere else."""

from dataclasses import dataclass
from datetime import timedelta

from natija_events import limits

PARTITIONS = 16
"""Of inbox, log and rejected alike: what comes in on partition p goes out on partition p. See docs/adr/0001."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: *kept* is None for ever; *max_bytes* is its greatest record batch."""

    purpose: str
    writer: str
    key: str
    kept: timedelta | None
    max_bytes: int

    def name(self, realm: str) -> str:
        """The topic's name on the cluster."""
        return f"{realm.lower()}.appeals.{self.purpose}"


INBOX = Topic("inbox", "publishers", "appeal id", timedelta(days=30), limits.INBOX_BYTES)
LOG = Topic("log", "registrar", "appeal id", None, limits.LOG_BYTES)
REJECTED = Topic("rejected", "registrar", "appeal id", timedelta(days=90), limits.REJECTED_BYTES)

TOPICS = (INBOX, LOG, REJECTED)
