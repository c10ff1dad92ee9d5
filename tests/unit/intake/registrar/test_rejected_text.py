"""`natija registrar rejections` prints what a hostile publisher wrote, and a terminal obeys none of it."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from natija_events.wire.rejection import ProposalIdentity, RejectedProposal, Rejection
from natija_intake.registrar import inspection
from natija_intake.registrar.inspection import rejected_as_text


def rejected(source: str | None, reason: str = "unreadable") -> RejectedProposal:
    return RejectedProposal(
        Rejection(reason, "source", "is not a source"), 3, 7, datetime(2026, 3, 31, tzinfo=UTC),  # type: ignore[arg-type]
        ProposalIdentity(None, source, None), "0" * 64, 10, None,
    )  # fmt: skip


def test_source_moves_no_cursor() -> None:
    source = "/desks/x\x1b[2J\u202e\u2028\x9b31m"
    shown = rejected_as_text([rejected(source)], Counter(unreadable=1))
    assert r"/desks/x\x1b[2J\u202e\u2028\x9b31m" in shown
    assert all(one.isprintable() for one in shown.replace("\n", ""))
    assert len(shown.splitlines()) == 3


async def test_source_shows_its_rejections_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """So an operator sees whose flood it is, without the relay, also of an unknown source."""
    found = [rejected("/desks/labour"), rejected("/desks/labour", "conflict"), rejected("/desks/a"), rejected(None)]

    async def read(*_: object) -> AsyncIterator[list[SimpleNamespace]]:
        yield [SimpleNamespace(partition=0, value=one, headers=[]) for one in found]

    monkeypatch.setattr(inspection, "read_batches", read)
    monkeypatch.setattr(inspection, "read_rejected", lambda partition, value, headers: value)
    await inspection.show_rejected(None, "/desks/labour", 20, "table")
    shown = capsys.readouterr().out
    assert shown.count("/desks/labour") == 2
    assert shown.endswith("unreadable 1, conflict 1\n")
    await inspection.show_rejected(None, None, 20, "table")
    assert capsys.readouterr().out.endswith("unreadable 3, conflict 1\n")
