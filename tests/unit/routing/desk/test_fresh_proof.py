"""A signature needs a fresh proof of who signs."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from tests.apps import EMPTY_DATABASE
from tests.signed_in_app import app_for, browser_of, official

from natija_chassis.clock import FixedClock
from natija_chassis.pages.data_age import DataAge
from natija_chassis.sign_in.official import Official
from natija_events.reference.data import ReferenceData
from natija_routing.desk.cases import projection
from natija_routing.desk.pages.case_pages import SIGNED_WITHIN
from natija_routing.desk.pages.parts import DeskParts
from natija_routing.desk.pages.site import build

NOW = datetime(2026, 3, 10, 6, tzinfo=UTC)
SIGN = "/en/desk/appeals/KG-57BD-2K43-6KGG-8Z/sign"


class ProvedSession(NamedTuple):
    """A session whose official proved at *authenticated* who they are."""

    authenticated: datetime
    csrf_token: str = "t"


def signer(proved: datetime) -> Official:
    session: Any = ProvedSession(proved)
    return official("ministry", "signer")._replace(session=session, instant=NOW)


def pages() -> Any:
    nothing: Any = None
    return build(
        ReferenceData,
        lambda site: DeskParts(
            site=site, engine=EMPTY_DATABASE, projection=projection.build(), reference=ReferenceData, reader=nothing,
            acts=nothing, clock=FixedClock(NOW), age=lambda: DataAge("current", NOW),
        ),
    )  # fmt: skip


@pytest.mark.parametrize(("minutes", "status"), [(1, 404), (60, 303)], ids=["fresh", "old"])
async def test_signature_needs_fresh_proof(minutes: int, status: int) -> None:
    """With an old proof the page leads to the provider; with a fresh one it looks for the appeal."""
    async with browser_of(app_for(signer(NOW - timedelta(minutes=minutes)), pages())) as browser:
        answer = await browser.get(SIGN)
    assert answer.status_code == status
    if status == 303:
        assert answer.headers["location"].endswith(f"&max_age={int(SIGNED_WITHIN.total_seconds())}")


async def test_old_proof_signs_nothing() -> None:
    async with browser_of(app_for(signer(NOW - timedelta(hours=1)), pages())) as browser:
        answer = await browser.post(SIGN, data={"csrf_token": "t"})
    assert answer.status_code == 403
