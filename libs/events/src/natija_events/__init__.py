"""The contract of Natija: events of citizens' appeals, their life cycle, their wire form, and their way over Kafka.

Other services import from here only: modules inside the package may move. A name is loaded when it is first used, so
that ``import natija_events`` does no I/O and needs no Kafka client. Names of the Kafka part (`Publisher`, `read`, …)
need the ``kafka`` extra.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from natija_events.ids import (
        derived_appeal_number,
        derived_event_id,
        is_appeal_number,
        new_appeal_number,
        parse_appeal_number,
    )
    from natija_events.kafka import (
        DeliveryUnconfirmed,
        KafkaConfig,
        OutcomePending,
        ProposalOutcome,
        Publisher,
        partition_of,
        read,
        read_batches,
    )
    from natija_events.lifecycle.fold import Appeal, evolve, fold
    from natija_events.lifecycle.transitions import Standing, State
    from natija_events.reference.data import ReferenceData
    from natija_events.reference.history import ReferenceHistory, StoredRecord
    from natija_events.schema.registry import REGISTRY, Invalid
    from natija_events.sealing.data_key import SealedValue, Unsealable
    from natija_events.sealing.wrapping import ProposalKey, RealmPublicKey
    from natija_events.signatures import SigningKey, verify_signature
    from natija_events.terms.lateness import Breach, Lateness, is_late, lateness
    from natija_events.topics import INBOX, LOG, PARTITIONS, REFERENCE, REJECTED
    from natija_events.types import deadlines, intake, oversight, personal, routing
    from natija_events.types.base import AnswerOutcome, Attachment, EventData
    from natija_events.wire.envelope import Event
    from natija_events.wire.hash_chain import GENESIS, event_hash
    from natija_events.wire.log_record import read_log_record
    from natija_events.wire.proposal import read_proposal, write_proposal
    from natija_events.wire.record import RecordedEvent, read_recorded_event
    from natija_events.wire.rejection import RejectedProposal, Rejection, RejectionReason, read_rejected
    from natija_events.wire.values import Unreadable, causation_id
    from natija_events.words import word

_HOMES = {
    "natija_events.ids": """
        derived_appeal_number derived_event_id is_appeal_number new_appeal_number parse_appeal_number
    """,
    "natija_events.kafka": """
        DeliveryUnconfirmed KafkaConfig OutcomePending ProposalOutcome Publisher partition_of read read_batches
    """,
    "natija_events.lifecycle.fold": "Appeal evolve fold",
    "natija_events.lifecycle.transitions": "Standing State",
    "natija_events.reference.data": "ReferenceData",
    "natija_events.reference.history": "ReferenceHistory StoredRecord",
    "natija_events.schema.registry": "REGISTRY Invalid",
    "natija_events.sealing.data_key": "SealedValue Unsealable",
    "natija_events.sealing.wrapping": "ProposalKey RealmPublicKey",
    "natija_events.signatures": "SigningKey verify_signature",
    "natija_events.terms.lateness": "Breach Lateness is_late lateness",
    "natija_events.topics": "INBOX LOG PARTITIONS REFERENCE REJECTED",
    "natija_events.types.base": "AnswerOutcome Attachment EventData",
    "natija_events.wire.values": "Unreadable causation_id",
    "natija_events.wire.envelope": "Event",
    "natija_events.wire.proposal": "read_proposal write_proposal",
    "natija_events.wire.log_record": "read_log_record",
    "natija_events.wire.hash_chain": "GENESIS event_hash",
    "natija_events.wire.record": "RecordedEvent read_recorded_event",
    "natija_events.wire.rejection": "RejectedProposal Rejection RejectionReason read_rejected",
    "natija_events.words": "word",
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names.split()}
_OWNERS = ("deadlines", "intake", "oversight", "personal", "routing")
"""Modules of event types and of what is sealed in them: `intake.Registered`, `personal.Person`."""

__all__ = [
    "GENESIS",
    "INBOX",
    "LOG",
    "PARTITIONS",
    "REFERENCE",
    "REGISTRY",
    "REJECTED",
    "AnswerOutcome",
    "Appeal",
    "Attachment",
    "Breach",
    "DeliveryUnconfirmed",
    "Event",
    "EventData",
    "Invalid",
    "KafkaConfig",
    "Lateness",
    "OutcomePending",
    "ProposalKey",
    "ProposalOutcome",
    "Publisher",
    "RealmPublicKey",
    "RecordedEvent",
    "ReferenceData",
    "ReferenceHistory",
    "RejectedProposal",
    "Rejection",
    "RejectionReason",
    "SealedValue",
    "SigningKey",
    "Standing",
    "State",
    "StoredRecord",
    "Unreadable",
    "Unsealable",
    "causation_id",
    "deadlines",
    "derived_appeal_number",
    "derived_event_id",
    "event_hash",
    "evolve",
    "fold",
    "intake",
    "is_appeal_number",
    "is_late",
    "lateness",
    "new_appeal_number",
    "oversight",
    "parse_appeal_number",
    "partition_of",
    "personal",
    "read",
    "read_batches",
    "read_log_record",
    "read_proposal",
    "read_recorded_event",
    "read_rejected",
    "routing",
    "verify_signature",
    "word",
    "write_proposal",
]

if not TYPE_CHECKING:  # a type checker would take every name for one that exists

    def __getattr__(name: str) -> Any:
        if name in _OWNERS:
            found = import_module(f"natija_events.types.{name}")
        elif name in _HOME_OF:
            found = _load(name, _HOME_OF[name])
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _load(name: str, module: str) -> Any:
    try:
        return getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] == "aiokafka":
            raise ImportError(f"{name} needs the kafka extra: pip install 'natija-events[kafka]'") from error
        raise
