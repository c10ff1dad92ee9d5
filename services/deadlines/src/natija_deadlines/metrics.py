"""The metrics of deadlines."""

from prometheus_client import Gauge

CALENDAR_DAYS = Gauge(
    "natija_deadlines_calendar_days",
    "Days until receipts in a jurisdiction have terms that no working calendar covers",
    ["jurisdiction"],
)
"""Bad below 60: the calendar of the next year is missing."""
