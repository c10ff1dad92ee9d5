"""The realm of the unit tests of intake."""

from datetime import UTC, datetime

from natija_chassis.clock import FixedClock
from natija_events.encryption import Sealer
from natija_events.reference.data import ReferenceData
from natija_events.reference.entries import PublisherEntry
from natija_intake.appeals.context import IntakeContext
from natija_intake.appeals.submission import SOURCE
from natija_intake.receipts.access_codes import AccessCodes

NOW = datetime(2026, 3, 31, 8, 5, 9, tzinfo=UTC)
REFERENCE = ReferenceData(publishers={SOURCE: PublisherEntry(roles=frozenset({"channel"}), unsigned=True)})
CONTEXT = IntakeContext(
    realm="kg", jurisdiction="KG", number_secret=b"s" * 32, access_codes=AccessCodes({1: b"x" * 32}),
    sealer=Sealer(b"k" * 32), reference=REFERENCE, clock=FixedClock(NOW), outcome_wait=0.01,
)  # fmt: skip
