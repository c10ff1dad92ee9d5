"""The parts of a realm that intake needs to register appeals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from natija_chassis.clock import Clock
from natija_events.reference.data import GetReferenceData
from natija_events.sealing.wrapping import RealmPublicKey
from natija_intake.receipts.access_codes import AccessCodes


@dataclass(frozen=True, slots=True)
class IntakeContext:
    """The fixed facts of a realm: its law, its secrets, its reference data and its clock."""

    realm: str
    """In lower case."""
    jurisdiction: str
    """Whose law the appeals fall under, such as KG."""
    number_secret: bytes
    """Appeal numbers derive from it, so that nobody else can derive them."""
    registration_secrets: Callable[[], Sequence[bytes]]
    """The secrets of registration ids, the newest first. Another process may replace them at any time."""
    access_codes: AccessCodes
    realm_key: RealmPublicKey
    """It seals personal data. Nobody here can open them."""
    reference: GetReferenceData
    """Bodies, codes and publishers now. A proposal that the registrar would reject is not sent."""
    clock: Clock
    outcome_wait: float
    """Seconds to wait for the registrar's outcome."""
