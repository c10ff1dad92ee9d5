"""Real cases: the City of Boston's own verdict on each of its requests of 2015 is what the database finds."""

import csv
import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.stack import REPOSITORY

from natija_analytics import asof, projection
from natija_events.envelope import Event, Stamp
from natija_events.fold import RecordedEvent
from natija_events.ids import derived_appeal_number, derived_event_id
from natija_events.types.base import EventData
from natija_events.types.deadlines import TermSet
from natija_events.types.intake import Registered
from natija_events.types.routing import Answered, Routed

CASES = REPOSITORY.parent / "shared/data/boston311-2015-sample.csv.gz"
BOSTON = ZoneInfo("America/New_York")


def instant(text: str) -> datetime | None:
    return datetime.strptime(text, "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=BOSTON).astimezone(UTC) if text else None


def events(case: dict[str, str]) -> Iterator[tuple[datetime, EventData]]:
    opened, due, closed = (instant(case[name]) for name in ("OPEN_DT", "TARGET_DT", "CLOSED_DT"))
    assert opened is not None
    yield opened, Registered(
        kind="request", form="electronic", channel="web", received=opened, jurisdiction="US-MA-Boston",
        register_name="boston311", external_id=case["CASE_ENQUIRY_ID"],
    )  # fmt: skip
    yield opened, Routed(body=case["Department"])
    if due:
        yield opened, TermSet(due=due)
    if closed:
        yield closed, Answered(outcome="noted")


def history(case: dict[str, str]) -> list[RecordedEvent]:
    """What the registrar makes of a case: nothing when it was closed before it was opened."""
    told = list(events(case))
    if told[-1][0] < told[0][0]:
        return []
    appeal = derived_appeal_number("KG", "boston311", case["CASE_ENQUIRY_ID"])
    history = []
    for place, (time, data) in enumerate(told, start=1):
        event = Event(derived_event_id(appeal, str(place)), "/registers/boston311", data.type, appeal, time, b"")
        history.append(RecordedEvent(0, 0, event, Stamp(place, 0, datetime.now(UTC), 0, ""), data, ()))
    return history


@pytest.mark.skipif(not CASES.exists(), reason="the register of Boston is not at hand")
async def test_every_case_is_judged_as_the_city_judged_it(engine: AsyncEngine) -> None:
    with gzip.open(CASES, "rt", encoding="utf-8") as file:
        cases = list(csv.DictReader(file))
    taken = [history(case) for case in cases]
    assert taken.count([]) == 75
    flat = [event for one in taken for event in one]
    for start in range(0, len(flat), 10_000):
        async with engine.begin() as connection:
            await projection.build().apply(connection, flat[start : start + 10_000])

    async with engine.connect() as connection:
        at = datetime.fromisoformat("2016-01-12T22:55:00-05:00")
        found = {one.external_id: one.overdue async for one in asof.by_appeal(connection, at)}
        city = {case["CASE_ENQUIRY_ID"]: case["OnTime_Status"] for case in cases}
        judged = {number: overdue for number, overdue in found.items() if number and city[number]}
        assert len(judged) == 48_238
        assert [number for number, overdue in judged.items() if overdue != (city[str(number)] == "OVERDUE")] == []

        at = datetime.fromisoformat("2015-07-01T00:00:00-04:00")
        half = [one async for one in asof.by_appeal(connection, at)]
        counts = len(half), sum(one.closed is not None for one in half), sum(one.overdue for one in half)
        assert counts == (23_275, 17_692, 5_429)
        sums = await asof.by_key(connection, at, "body")
        assert sum(one.closed_late + one.open_overdue for one in sums) == 5_429
