"""The realm of the unit tests of intake."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from tests.sealing import REALM_KEY

from natija_chassis.clock import FixedClock
from natija_chassis.realm.realm_files import load_reference_data
from natija_events.reference.entries import CountryTypeEntry, PublisherEntry
from natija_intake.appeals.context import IntakeContext
from natija_intake.appeals.identity import RequestKey
from natija_intake.appeals.submission import SOURCE
from natija_intake.receipts.access_codes import AccessCodes

NOW = datetime(2026, 3, 31, 8, 5, 9, tzinfo=UTC)
HISTORY = "/registers/osh"
DESK = "/desks/ministry-health"
REFERENCE = replace(
    load_reference_data(Path(__file__).resolve().parents[3] / "deploy" / "realms" / "kg"),
    version=7,
    country_types={"KG/deputy-request": CountryTypeEntry(kinds=frozenset({"request"}))},
    publishers={
        source: PublisherEntry(roles=frozenset(roles), unsigned=True)
        for source, roles in ((SOURCE, {"channel"}), (HISTORY, {"history"}), (DESK, {"desk"}))
    },
)
"""The reference data of Kyrgyzstan, with a type of its own, and with publishers of the tests."""
NEWEST, OLDER = b"n" * 32, b"o" * 32
"""The secrets of registration ids."""
REQUEST = RequestKey(SOURCE, UUID("0b5ec1f4-0c9c-4f0e-9d5b-3f6c0e7a1d22"))
CONTEXT = IntakeContext(
    realm="kg", jurisdiction="KG", number_secret=b"s" * 32, registration_secrets=lambda: (NEWEST, OLDER),
    access_codes=AccessCodes([b"x" * 32]),
    realm_key=REALM_KEY, reference=lambda: REFERENCE, clock=FixedClock(NOW), outcome_wait=0.01,
)  # fmt: skip
