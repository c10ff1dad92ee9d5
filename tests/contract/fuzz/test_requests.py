"""Changed requests to every API: whatever they hold, the answer is one that is documented, and it repeats nothing."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode
from uuid import UUID

import pytest
from starlette.types import ASGIApp
from tests import apps
from tests.contract.corpus import outcomes
from tests.contract.corpus.author import REFERENCE, Author, InboxRecord
from tests.contract.fuzz.asgi import Answer, Request, send
from tests.contract.fuzz.changes import CHANGES, HOSTILE, SECRET, change_member
from tests.contract.fuzz.intake import Register, intake
from tests.contract.fuzz.memory import MemoryGrowth
from tests.stack import OPERATOR

from natija_chassis.http.problems import MEDIA_TYPE

GUARD = {401, 404, 405, 411, 413}
"""Statuses before the route, of every operation."""
ERROR_BYTES = 16_384
NUMBER = "KG-0000-0000-0000-12"
OPERATORS_KEY = (b"authorization", OPERATOR["Authorization"].encode())
SUBMISSION = {
    "kind": "application", "channel": "electronic", "language": "ky", "region": "chuy", "topic": "roads",
    "applicant": {
        "name": "Айгүл Асанова", "phone": "+996 555 000 000", "pin": "10101199000019", "email": "a@example.org",
        "address": {"region": "chuy", "district": "alamudun", "settlement": "Лебединовка"},
    },
    "text": "Айылдын жолун оңдоп бериңиздер.",
}  # fmt: skip
RECORDS = [record for index, case in enumerate(outcomes.CASES) for record in case.write(Author(index))]

MakeRequest = Callable[[random.Random], Request]


class Target(NamedTuple):
    """An *operation* of an *api*, by its document, and what makes requests to it."""

    api: ASGIApp
    operation: Mapping[str, Any]
    make: MakeRequest


def targets(register: Register) -> Iterator[Target]:
    """Every operation of every API."""
    for name, make_apps in apps.ALL.items():
        api = (intake(register) if name == "intake" else make_apps()).api
        for path, operations in api.openapi()["paths"].items():
            for method, operation in operations.items():
                yield Target(api, operation, BODIES.get((method, path)) or reading(method, path, operation))


def proposal(chance: random.Random) -> Request:
    """A proposal of the corpus in its content mode, changed or not, by its publisher or by another one."""
    record = chance.choice(RECORDS)
    for _ in range(chance.choice([0, 1, 1, 2, 3])):
        record = chance.choice(CHANGES)(chance, record)
    source = dict(record.headers).get("ce_source") or chance.choice(list(REFERENCE.publishers)).encode()
    headers = [(as_header(name), content or b"") for name, content in record.headers]
    key = (b"authorization", b"Bearer " + source)
    query = chance.choice(["", "", "dry_run=true", f"dry_run={quote(text(chance))}"])
    return Request("POST", "/proposals", query, [key, *headers], record.value or b"")


def submission(chance: random.Random) -> Request:
    """A citizen's appeal, changed or not."""
    record = InboxRecord(None, json.dumps(SUBMISSION).encode(), [])
    for _ in range(chance.choice([0, 1, 1, 2, 3])):
        record = change_member(chance, record)
    headers = [(b"content-type", chance.choice([b"application/json"] * 9 + [b"text/plain"]))]
    if chance.random() < 0.5:
        headers.append((b"idempotency-key", text(chance).encode("latin-1", "replace")))
    return Request("POST", "/appeals", "", headers, record.value or b"")


def reading(method: str, path: str, operation: Mapping[str, Any]) -> MakeRequest:
    """Requests to an operation without a body: its parameters, and one that it does not have."""
    of_publisher = "publisher" in operation.get("x-roles", [])
    key = (b"authorization", f"Bearer {next(iter(REFERENCE.publishers))}".encode()) if of_publisher else OPERATORS_KEY
    given: dict[str, list[str]] = {}
    for one in operation.get("parameters", []):
        given.setdefault(one["in"], []).append(one["name"])

    def make(chance: random.Random) -> Request:
        filled = path
        for name in given.get("path", []):
            filled = filled.replace(f"{{{name}}}", quote(text(chance), safe=""))
        names = [name for name in given.get("query", []) if chance.random() < 0.6]
        names += ["x"] if chance.random() < 0.05 else []
        query = urlencode([(name, text(chance)) for name in names])
        headers = [(name.lower().encode(), header(chance)) for name in given.get("header", []) if chance.random() < 0.7]
        return Request(method.upper(), filled, query, [key, *headers], chance.choice([b""] * 9 + [b"{}"]))

    return make


BODIES: Mapping[tuple[str, str], MakeRequest] = {("post", "/proposals"): proposal, ("post", "/appeals"): submission}
LAWFUL: Sequence[str] = (
    NUMBER, "2026-01-01", "2026-03-31T00:00:00Z", "2026-04-01T00:00:00+06:00", "10", "channel", "KG", "csv", "month",
    "true", "asyncapi.json", "proposals/appeal.registered.v1.json", "ABCDE-FGHJK-MNPQR", str(UUID(int=1)),
)  # fmt: skip


def text(chance: random.Random) -> str:
    """The text of a parameter."""
    found = chance.choice(LAWFUL if chance.random() < 0.5 else HOSTILE)
    return found if isinstance(found, str) else json.dumps(found)


def header(chance: random.Random) -> bytes:
    return text(chance).encode("utf-8", "surrogatepass").replace(b"\x00", b"")


def as_header(name: str) -> bytes:
    return name.replace("ce_", "ce-", 1).lower().encode()


def check(target: Target, request: Request, answer: Answer) -> None:
    """Assert that the answer is documented, that an error is short and of its form, and that it repeats no value."""
    told = f"{request.method} {request.path}?{request.query} -> {answer.status} {answer.body[:500]!r}"
    assert answer.status < 500, told
    assert answer.status in GUARD or str(answer.status) in target.operation["responses"], told
    if answer.status >= 400:
        assert answer.media_type == MEDIA_TYPE, told
        assert len(answer.body) < ERROR_BYTES, told
        assert json.loads(answer.body)["status"] == answer.status, told
        assert SECRET not in answer.body.decode(), told


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("requests", [2_500, pytest.param(200_000, marks=pytest.mark.thorough)])
def test_changed_requests_break_nothing(requests: int) -> None:
    """No request fails, nothing invalid is registered, no hostile value comes back, and the memory stays bounded."""
    register = Register()
    found = list(targets(register))
    heavy = [one for one in found if one.make in BODIES.values()]
    memory, statuses = MemoryGrowth(), Counter[int]()

    async def send_all() -> None:
        for seed in range(requests):
            chance = random.Random(seed)
            target = chance.choice(heavy if seed % 2 else found)
            request = target.make(chance)
            answer = await send(target.api, request)
            check(target, request, answer)
            statuses[answer.status] += 1

    asyncio.run(send_all())
    print(f"{requests:,} changed requests: {register.registered:,} registered, {dict(statuses)}, {memory}")
    assert statuses.keys() >= {200, 201, 403, 404, 409, 422}
    memory.check()
