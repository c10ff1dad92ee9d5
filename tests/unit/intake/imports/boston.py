"""Rows of a register like Boston's, made up, and the mapping that is checked in."""

from pathlib import Path

from tests.sealing import REALM_KEY

from natija_intake.imports import mapping, mapping_check
from natija_intake.imports.mapper import Mapper
from natija_intake.imports.mapping import RegisterMapping

HEADER = (
    "CASE_ENQUIRY_ID", "OPEN_DT", "TARGET_DT", "CLOSED_DT", "OnTime_Status", "CASE_STATUS", "CLOSURE_REASON",
    "CASE_TITLE", "SUBJECT", "REASON", "TYPE", "QUEUE", "Department", "neighborhood", "ward", "Source", "LATITUDE",
    "LONGITUDE",
)  # fmt: skip
CASE = {
    "CASE_ENQUIRY_ID": "101",
    "OPEN_DT": "01/31/2015 04:05:06 PM",
    "TARGET_DT": "02/03/2015 08:30:00 AM",
    "CLOSED_DT": "02/02/2015 09:00:00 AM",
    "OnTime_Status": "ONTIME",
    "CASE_STATUS": "Closed",
    "CLOSURE_REASON": "Case Closed. Told Mrs Smith.",
    "CASE_TITLE": "Light at 12 Smith Street",
    "SUBJECT": "Public Works",
    "REASON": "Street Lights",
    "TYPE": "Street Light Outages",
    "QUEUE": "PWDx_Lights",
    "Department": "PWDx",
    "neighborhood": "Back Bay",
    "ward": "Ward 5",
    "Source": "Constituent Call",
    "LATITUDE": "42.3",
    "LONGITUDE": "-71.0",
}


def boston() -> RegisterMapping:
    path = Path(__file__).resolve().parents[4] / "examples" / "boston311.yaml"
    return mapping_check.check(mapping.load_mapping(path))


def cells(**changes: str) -> list[str]:
    """The case, in the order of `HEADER`."""
    return list((CASE | changes).values())


def mapper(header: tuple[str, ...] = HEADER) -> Mapper:
    return Mapper(boston(), header, "kg", REALM_KEY)
