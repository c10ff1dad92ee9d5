"""The registrar of fuzzed proposals, in this process. Each of its decisions is held to the contract."""

import re
from typing import get_args

from tests.contract.corpus import outcomes
from tests.contract.corpus.author import KEYS, NOW, InboxRecord

from natija_events.reference.data import ReferenceData
from natija_events.schema.registry import REGISTRY
from natija_events.types.base import EventData
from natija_events.wire.log_record import read_log_record
from natija_events.wire.rejection import RejectionReason, read_rejected
from natija_intake.registrar.admission import AdmissionState
from natija_intake.registrar.batch import BatchDecider, DecidedBatch, LogEnd, read_batch


class InProcessRegistrar:
    """Decides one record after the other, on what it registered before. It writes nothing."""

    def __init__(self, reference: ReferenceData) -> None:
        self.state = AdmissionState()
        self._log_ends = {partition: LogEnd() for partition in range(16)}
        self._reference = reference
        self._offset = 0

    def decide(self, record: InboxRecord) -> DecidedBatch:
        """The decision on *record*."""
        decider = BatchDecider(self.state, self._log_ends, lambda _: self._reference, KEYS, "kg", NOW)
        decider.decide_all(read_batch([outcomes.polled(record, self._offset)]))
        self._offset += 1
        return decider.decided


def check(decided: DecidedBatch) -> bool:
    """Assert that what is to be written keeps to the contract. True when events are registered."""
    assert bool(decided.log) != bool(decided.rejected)
    for one in decided.log:
        event, _ = read_log_record(one.value, one.headers)
        assert isinstance(REGISTRY.admit(event.type, one.value), EventData)
        assert event.subject == (one.key or b"").decode()
    for one in decided.rejected:
        why = read_rejected(one.partition, one.value, one.headers).rejection
        assert why.reason in get_args(RejectionReason)
        assert why.field
        assert why.rule
        assert not re.search(r"Иванов|4Z|calc", f"{why.field} {why.rule}"), why
    return bool(decided.log)
