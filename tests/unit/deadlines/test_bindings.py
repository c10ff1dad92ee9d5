"""The calendar of a body: by its own binding, its region's, its superior's, or its country's."""

from collections.abc import Mapping
from datetime import datetime

import pytest

from natija_chassis.errors import OperatorError
from natija_deadlines.policies.bindings import calendar_of, check
from natija_deadlines.policies.policy import load_policies
from natija_events.reference.data import ReferenceData
from natija_events.reference.entries import BodyEntry, CalendarBindingEntry, RegionEntry

POLICIES = load_policies()
BODIES = {
    "ministry": BodyEntry(),
    "akimat": BodyEntry(superior="ministry", region="west-kazakhstan"),
    "district": BodyEntry(superior="akimat"),
    "department": BodyEntry(superior="ministry", region="karaganda"),
    "one": BodyEntry(superior="other"),
    "other": BodyEntry(superior="one"),
}
ORAL = {"region/west-kazakhstan": "KZ-ORAL"}


def reference(bindings: Mapping[str, str]) -> ReferenceData:
    return ReferenceData(
        bodies=BODIES,
        regions={"west-kazakhstan": RegionEntry(), "karaganda": RegionEntry()},
        calendar_bindings={id: CalendarBindingEntry(calendar=calendar) for id, calendar in bindings.items()},
    )


@pytest.mark.parametrize(
    ("body", "bindings", "calendar"),
    [
        ("akimat", {}, "KZ"),
        ("akimat", {"KZ": "KZ-OTHER"}, "KZ-OTHER"),
        ("akimat", ORAL | {"KZ": "KZ"}, "KZ-ORAL"),
        ("akimat", ORAL | {"body/akimat": "KZ-SIX-DAYS"}, "KZ-SIX-DAYS"),
        ("akimat", ORAL | {"body/ministry": "KZ-SIX-DAYS"}, "KZ-ORAL"),
        ("district", ORAL, "KZ-ORAL"),
        ("district", {"body/akimat": "KZ-SIX-DAYS"}, "KZ-SIX-DAYS"),
        ("department", ORAL | {"KZ": "KZ"}, "KZ"),
        ("department", {"body/ministry": "KZ-SIX-DAYS"}, "KZ-SIX-DAYS"),
        ("ministry", {"body/akimat": "KZ-SIX-DAYS"}, "KZ"),
        ("one", {"KZ": "KZ-OTHER"}, "KZ-OTHER"),
        ("nobody", {"body/nobody": "KZ-SIX-DAYS"}, "KZ"),
        (None, ORAL | {"KZ": "KZ-OTHER"}, "KZ-OTHER"),
    ],
)
def test_nearest_binding_decides(body: str | None, bindings: Mapping[str, str], calendar: str) -> None:
    """A superior's counts when neither the body nor its region has one; a circle of superiors ends."""
    assert calendar_of(body, "KZ", reference(bindings)) == calendar


@pytest.mark.parametrize(("body", "due_on"), [("akimat", "2021-11-01"), ("department", "2021-11-02")])
def test_body_in_oral_has_its_zone(body: str, due_on: str) -> None:
    """Received on 11.10.2021 at 13:10 UTC: before the end of the hours in Oral, after it in Almaty."""
    calendar = POLICIES.calendars[calendar_of(body, "KZ", reference(ORAL))]
    received = datetime.fromisoformat("2021-10-11T13:10+00:00")
    assert str(POLICIES.deadline("KZ", "application", received, calendar=calendar).deadline.due_on) == due_on


def test_unknown_calendar_is_refused() -> None:
    check(reference({"KZ": "KZ"}), POLICIES.calendars)
    with pytest.raises(OperatorError, match="do not exist: body/akimat: KZ-NOWHERE"):
        check(reference({"KZ": "KZ", "body/akimat": "KZ-NOWHERE"}), POLICIES.calendars)
