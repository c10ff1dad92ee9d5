"""Rows become events: what a case of Boston's register says, and what is said of one that says too little."""

from datetime import UTC, datetime

import pytest
from tests.sealing import REALM_KEY, opened
from tests.unit.intake.imports.boston import HEADER, boston, cells, mapper

from natija_events.schema.registry import REGISTRY
from natija_events.types.deadlines import TermSet
from natija_events.types.intake import Registered, Supplemented
from natija_events.types.routing import Answered, Routed
from natija_events.wire.identity import event_digest
from natija_events.wire.proposal import write_proposal
from natija_intake.imports import mapping_check
from natija_intake.imports.mapper import MappedRow, Mapper, Unmappable
from natija_intake.imports.mapping import RegisterMapping, parse


def types(mapped: MappedRow) -> list[str]:
    return [event.type for event in mapped.events]


def admitted(mapped: MappedRow, index: int) -> object:
    event = mapped.events[index]
    return REGISTRY.admit(event.type, event.data)


def test_complete_row_gives_four_events() -> None:
    """Registered, routed, term set and answered, each with its own time."""
    mapped = mapper().map(cells())
    assert types(mapped) == [Registered.type, Routed.type, TermSet.type, Answered.type]
    opened = datetime(2015, 1, 31, 21, 5, 6, tzinfo=UTC)
    assert [event.time for event in mapped.events] == [opened, opened, opened, datetime(2015, 2, 2, 14, 0, tzinfo=UTC)]
    assert {event.source for event in mapped.events} == {"/registers/boston311"}
    registered, routed, term, answered = (admitted(mapped, index) for index in range(4))
    assert isinstance(registered, Registered)
    assert (registered.form, registered.channel, registered.received) == ("oral", "phone", opened)
    assert (registered.region, registered.topic) == ("Back Bay", "Street Light Outages")
    assert (registered.register_name, registered.external_id) == ("boston311", "101")
    assert isinstance(routed, Routed)
    assert (routed.body, routed.executor) == ("PWDx", None)
    assert isinstance(term, TermSet)
    assert term.due == datetime(2015, 2, 3, 13, 30, tzinfo=UTC)
    assert isinstance(answered, Answered)


def test_personal_texts_are_sealed() -> None:
    """A sealed text opens for its appeal and field."""
    mapped = mapper().map(cells())
    _, value, _ = write_proposal(mapped.events)
    assert b"Smith" not in value
    registered, answered = opened(mapped.events[0]), opened(mapped.events[3])
    assert registered["content"].text == "Light at 12 Smith Street"
    assert answered["content"].text == "Case Closed. Told Mrs Smith."


def test_same_row_gives_same_content() -> None:
    """In every run, and in every order of columns. Only the key is new, so the sealed bytes are."""
    first = mapper().map(cells()).events
    turned, row = tuple(reversed((*HEADER, "NEW_COLUMN"))), [*cells(), "new"][::-1]
    again = mapper(turned).map(row).events
    assert [event.id for event in again] == [event.id for event in first]
    assert [event_digest(one).content for one in again] == [event_digest(one).content for one in first]
    assert again[0].data != first[0].data
    assert opened(again[0]) == opened(first[0])


def test_event_id_ignores_other_cells() -> None:
    """An id stays the same when another cell is filled later."""
    without, whole = mapper().map(cells(TARGET_DT="")), mapper().map(cells())
    assert types(without) == [Registered.type, Routed.type, Answered.type]
    assert without.events[2].id == whole.events[3].id


def test_events_of_one_type_differ() -> None:
    supplement = {"type": Supplemented.type, "time": "OPEN_DT", "data": {"text": {"sealed": "CASE_TITLE"}}}
    events = [boston().events[0].model_dump(), supplement, supplement]
    mapped = Mapper(register(events=events, values=boston().values), HEADER, "kg", REALM_KEY).map(cells())
    assert len({event.id for event in mapped.events}) == 3


def test_number_depends_on_realm_and_register() -> None:
    """And on the case."""
    numbers = {
        mapper().map(cells()).number,
        mapper().map(cells(CASE_ENQUIRY_ID="102")).number,
        Mapper(register(register="other"), HEADER, "kg", REALM_KEY).map(cells()).number,
        Mapper(register(), HEADER, "kz", REALM_KEY).map(cells()).number,
    }
    assert len(numbers) == 4


def test_minimal_row_is_registered() -> None:
    """Only the id and the time of opening are required."""
    bare = cells(**dict.fromkeys(set(HEADER) - {"CASE_ENQUIRY_ID", "OPEN_DT"}, ""))
    mapped = mapper().map(bare)
    assert types(mapped) == [Registered.type]
    registered = admitted(mapped, 0)
    assert isinstance(registered, Registered)
    assert (registered.channel, registered.form, registered.region) == ("unknown", "electronic", None)
    assert opened(mapped.events[0])["content"].text is None


def test_names_are_normalized() -> None:
    """Names in NFC, with single blanks, and with an apostrophe for a backtick; sealed texts stay as they are."""
    raw = cells(TYPE=" Call\u00a0Log  (Elmer\u0301`s) ", CASE_TITLE="Two  blanks", Source="Constituent  Call")
    mapped = mapper().map(raw)
    registered = admitted(mapped, 0)
    assert isinstance(registered, Registered)
    assert (registered.topic, registered.channel) == ("Call Log (Elme\u0155's)", "phone")
    assert opened(mapped.events[0])["content"].text == "Two  blanks"


def test_unmapped_value_is_kept_and_counted() -> None:
    """Once per row, although two fields read the column."""
    one = mapper()
    registered = admitted(one.map(cells(Source="Talking Lamp Post")), 0)
    assert isinstance(registered, Registered)
    assert (registered.channel, registered.form) == ("Talking Lamp Post", "electronic")
    one.map(cells())
    assert one.unmapped == {"Source": 1}


@pytest.mark.parametrize(
    ("changes", "column", "rule"),
    [
        ({"CASE_ENQUIRY_ID": " "}, "CASE_ENQUIRY_ID", "is blank"),
        ({"OPEN_DT": ""}, "OPEN_DT", "is blank"),
        ({"OPEN_DT": "Smith"}, "OPEN_DT", "is not a time"),
        ({"TARGET_DT": "2015-02-03"}, "TARGET_DT", "is not a time"),
        ({"CLOSED_DT": "02/30/2015 09:00:00 AM"}, "CLOSED_DT", "is not a time"),
        ({"CLOSED_DT": "12/30/1899 12:00:00 AM"}, "CLOSED_DT", "from 1900 on"),  # what Excel writes for zero
        ({"OPEN_DT": "12/31/9999 11:59:00 PM"}, "OPEN_DT", "is not a time"),
        ({"CLOSED_DT": "12/31/9999 01:00:00 AM"}, "CLOSED_DT", "from 1900 on"),
        ({"Department": "Smith" * 50}, "Department", "at most 160"),
        ({"CASE_ENQUIRY_ID": "Smith\u0007"}, "CASE_ENQUIRY_ID", "not a word"),
        ({"Department": "=Smith()"}, "Department", "not a word"),
        ({"neighborhood": "<script>Smith"}, "neighborhood", "not a word"),
        ({"TYPE": "Smith\udcff"}, "TYPE", "valid string"),
        ({"CASE_TITLE": "Smith\udcff"}, "CASE_TITLE", "not text"),
        ({"CASE_ENQUIRY_ID": "Smith\udcff"}, "CASE_ENQUIRY_ID", "not text"),
    ],
)
def test_invalid_row_names_column_and_rule(changes: dict[str, str], column: str, rule: str) -> None:
    """The error never holds the value."""
    with pytest.raises(Unmappable) as refused:
        mapper().map(cells(**changes))
    assert refused.value.column == column
    assert rule in refused.value.rule
    assert "Smith" not in f"{refused.value} {refused.value.field} {refused.value.rule}"


def test_row_with_missing_column_is_invalid() -> None:
    with pytest.raises(Unmappable, match="has 17 columns, not 18"):
        mapper().map(cells()[:-1])


def test_rejected_field_is_found_in_file() -> None:
    """The field in a rejection leads to the column of the file."""
    one = mapper()
    mapped = one.map(cells(TARGET_DT=""))
    assert one.column_of(mapped, "[2].type") == "CLOSED_DT"
    assert one.column_of(mapped, "[0].time") == "OPEN_DT"
    assert one.column_of(mapped, "[1].body") == "Department"
    assert one.column_of(mapped, "[0].jurisdiction") == ""
    alone = one.map(cells(TARGET_DT="", CLOSED_DT="", Department=""))
    assert one.column_of(alone, "type") == "OPEN_DT"
    assert one.column_of(alone, "topic") == "TYPE"


def register(**changes: object) -> RegisterMapping:
    raw = {
        "register": "boston311",
        "jurisdiction": "US",
        "external_id": "CASE_ENQUIRY_ID",
        "time_format": "%m/%d/%Y %I:%M:%S %p",
        "events": [
            {
                "type": Registered.type,
                "time": "OPEN_DT",
                "data": {
                    "kind": {"const": "request"},
                    "form": {"const": "written"},
                    "channel": "Source",
                    "received": {"time": "OPEN_DT"},
                    "applicant": {
                        "kind": {"const": "natural"},
                        "name": {"sealed": "CASE_TITLE"},
                        "address": {"region": "neighborhood", "address_text": {"sealed": "ward"}},
                    },
                },
            },
            {
                "type": Answered.type,
                "time": "CLOSED_DT",
                "when": "CLOSED_DT",
                "data": {"outcome": {"const": "explained"}, "law": ["QUEUE", "REASON"]},
            },
        ],
    }
    return mapping_check.check(parse(raw | changes))


def test_empty_object_and_list_are_omitted() -> None:
    """An object or a list is left out when all its columns are blank."""
    one = Mapper(register(), HEADER, "kg", REALM_KEY)
    whole = one.map(cells(REASON=""))
    registered, answered = admitted(whole, 0), admitted(whole, 1)
    assert isinstance(registered, Registered)
    assert isinstance(answered, Answered)
    assert registered.applicant is not None
    assert registered.applicant.address is not None
    assert registered.applicant.address.region == "Back Bay"
    assert answered.law == ("PWDx_Lights",)
    person = opened(whole.events[0])["person"]
    assert (person.name, person.address_text) == ("Light at 12 Smith Street", "Ward 5")

    bare = one.map(cells(CASE_TITLE="", neighborhood="", ward="", QUEUE="", REASON=""))
    registered, answered = admitted(bare, 0), admitted(bare, 1)
    assert isinstance(registered, Registered)
    assert isinstance(answered, Answered)
    assert registered.applicant is None
    assert answered.law == ()
