"""Checks of a publisher before it proposes, and the identity of an unreadable proposal."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.unit.events.test_envelope import APPEAL, CANARY, EVENT, OTHER, batch, binary, item, refused

from natija_events.wire.proposal import check_proposal, read_proposal
from natija_events.wire.rejection import InboxRecord, readable_identity
from natija_events.wire.values import Unreadable, causation_id

CAUSE = "/desks/one#6f1c1e0a-6a0e-4f0e-8a51-0a1b2c3d4e5f"


class TestCausation:
    def test_names_source_and_id(self) -> None:
        assert causation_id("/desks/one", EVENT.id) == CAUSE
        assert causation_id("/desks/one", EVENT.id, APPEAL) == f"{APPEAL}#{CAUSE}"

    @pytest.mark.parametrize("text", [CAUSE, f"{APPEAL}#{CAUSE}"])
    def test_is_read_in_both_forms(self, text: str) -> None:
        assert read_proposal(EVENT.data, binary(causationid=text.encode())).events[0].causationid == text

    @pytest.mark.parametrize("text", ["cause", str(EVENT.id), f"#{EVENT.id}", f"{CAUSE}#", CAUSE.upper()])
    def test_of_another_form_is_unreadable(self, text: str) -> None:
        assert refused(EVENT.data, binary(causationid=text.encode())).field == "causationid"


class TestCheckedProposal:
    """The publisher refuses a proposal that the registrar could only call unreadable, with the same field."""

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"subject": "KG-7K3M-9QX4-T2R8-M5"}, "subject"),
            ({"source": "/desks/a b"}, "source"),
            ({"correlationid": "дело-7"}, "correlationid"),
            ({"time": datetime(1899, 1, 1, tzinfo=UTC)}, "time"),
            ({"time": datetime(2024, 1, 1)}, "time"),
            ({"expectedsequence": -1}, "expectedsequence"),
            ({"causationid": "cause"}, "causationid"),
        ],
        ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
    )
    def test_is_refused_with_its_field(self, change: dict[str, Any], field: str) -> None:
        with pytest.raises(Unreadable) as caught:
            check_proposal([EVENT._replace(**change)])
        assert caught.value.field == field

    def test_must_have_one_source(self) -> None:
        with pytest.raises(Unreadable, match="source"):
            check_proposal([EVENT, OTHER._replace(source="/desks/two")])

    def test_may_be_complete(self) -> None:
        check_proposal([EVENT, OTHER])


class TestReadableIdentity:
    def test_is_read_from_what_parses(self) -> None:
        assert readable_identity(InboxRecord(None, b"\xff", binary())) == (APPEAL, EVENT.source, EVENT.id)
        assert readable_identity(InboxRecord(None, b"\xff", binary(id=b"\xff", subject=CANARY.encode()))) == (
            None,
            EVENT.source,
            None,
        )
        assert readable_identity(InboxRecord(None, None, [])) == (None, None, None)

    def test_of_a_batch_is_its_first_event(self) -> None:
        value, written = batch(item(type=None), item(id=CANARY))
        assert readable_identity(InboxRecord(None, value, written)) == (APPEAL, EVENT.source, EVENT.id)
        assert readable_identity(InboxRecord(None, value[:-1], written)) == (None, None, None)
        assert readable_identity(InboxRecord(None, b"[1]", written)) == (None, None, None)
