"""Sealed data: the log says little of what is sealed."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
from tests.integration.guarantees.test_isolation import on_log
from tests.integration.intake import registering as r
from tests.stack import SERVICES, Realm

ANONYMOUS = {
    "channel": "electronic", "topic": "roads", "region": "chuy", "applicant": {"kind": "natural"}, "text": "Жол",
}  # fmt: skip
EVERYTHING = ANONYMOUS | {
    "applicant": {
        "kind": "natural", "name": "Асанова Айгүл", "id_number": "21234567890123", "birth_date": "1980-02-29",
        "phone": "+996 555 000 111", "email": "a@b.kg", "address": {"settlement": "Кант", "address_text": "Ленин 12"},
    },
    "representative": {"name": "Бакиров Бакыт", "proof": "7"},
    "coordinates": {"latitude": 42.87, "longitude": 74.59},
    "text": "Айылдын жолун оңдоп бериңиздер.",
}  # fmt: skip


async def posted(realm: Realm, *bodies: dict[str, Any]) -> list[str]:
    """The numbers of appeals with these bodies, once each has been routed and has its term."""
    async with httpx.AsyncClient(base_url=realm.url("intake"), timeout=30, trust_env=False) as api:
        answers = [await api.post("/appeals", json=body) for body in bodies]
    numbers = [answer.json()["number"] for answer in answers]
    for number in numbers:
        await on_log(realm, number, "appeal.term-set.v1")
    return numbers


def lengths(value: Any, at: str = "") -> Iterator[tuple[str, object]]:
    """Each field with its value; a text that only keys open, with its length."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from lengths(one, f"{at}.{name}")
    else:
        yield at, len(value) if at.endswith((".ct", ".kid")) else value


async def test_log_does_not_show_what_is_filled(realm: Realm) -> None:
    """An appeal with every personal field looks like one with none: the same fields, values and lengths."""
    for service in SERVICES:
        await realm.serve(service)
    numbers = await posted(realm, ANONYMOUS, EVERYTHING)
    shown = []
    for number in numbers:
        opening = json.loads((await r.log_of(realm, number))[0].event.data)
        del opening["received"]
        shown.append(dict(lengths(opening)))
    assert shown[0] == shown[1]
    assert "person.ct" in "".join(shown[0])
