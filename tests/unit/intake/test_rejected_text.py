"""`natija registrar rejections` prints what a hostile publisher wrote, and a terminal obeys none of it."""

from collections import Counter
from datetime import UTC, datetime

from natija_events.wire.rejection import ProposalIdentity, RejectedProposal, Rejection
from natija_intake.registrar.inspection import rejected_as_text


def test_source_moves_no_cursor() -> None:
    source = "/desks/x\x1b[2J\u202e\u2028\x9b31m"
    found = RejectedProposal(
        Rejection("unreadable", "source", "is not a source"), 3, 7, datetime(2026, 3, 31, tzinfo=UTC),
        ProposalIdentity(None, source, None), "0" * 64, 10, None,
    )  # fmt: skip
    shown = rejected_as_text([found], Counter(unreadable=1))
    assert r"/desks/x\x1b[2J\u202e\u2028\x9b31m" in shown
    assert all(one.isprintable() for one in shown.replace("\n", ""))
    assert len(shown.splitlines()) == 3
