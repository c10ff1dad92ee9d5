"""The desk on the real register: two at once, fifty at once, who sees what, and what is recorded of it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from tests import officials
from tests.eventually import eventually
from tests.officials import Visitor, hidden_fields
from tests.stack import OPERATOR, Realm, Servers, provisioned_realms

from natija_events.kafka import KafkaConfig, read, read_batches
from natija_events.topics import AUDIT, PARTITIONS
from natija_events.wire.audit_record import read_audit_record

BODY, OTHER = "ministry-health", "ministry-labour"
POSTS = {
    f"{BODY}/registrar": ["registrar"], f"{BODY}/executor": ["executor"], f"{BODY}/second": ["executor"],
    f"{BODY}/approver": ["approver"], f"{BODY}/head": ["head"], f"{OTHER}/registrar": ["registrar"],
    "prosecutor-general/controller": ["controller"], f"{BODY}/controller": ["controller"],
}  # fmt: skip
TEXT = "Cold water since October"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def realm(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Realm]:
    """A realm whose desk runs, with officials of three bodies."""
    async with provisioned_realms(servers, tmp_path_factory.mktemp("desk")) as make:
        with officials.provider() as issuer:
            made = await make()
            variables = await officials.provision(made, issuer, POSTS)
            await made.serve("registrar")
            await asyncio.gather(made.serve("intake"), made.serve("desk", **variables))
            yield made


@pytest_asyncio.fixture(loop_scope="session")
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        yield client


async def file_appeal(realm: Realm, http: httpx.AsyncClient, **more: Any) -> str:
    """An appeal to the body, which the desk knows: its number."""
    given = {"kind": "application", "channel": "electronic", "text": TEXT, "addressee": BODY, **more}
    answer = await http.post(f"{realm.url('intake')}/appeals", json=given)
    assert answer.status_code == 201, answer.text
    number = str(answer.json()["number"])
    connection = await asyncpg.connect(realm.database("desk").replace("+asyncpg", ""))
    try:
        await eventually(lambda: connection.fetchval("select true from live.cases where appeal = $1", number))
    finally:
        await connection.close()
    return number


async def visitor(realm: Realm, http: httpx.AsyncClient, post: str) -> Visitor:
    """The holder of *post*, signed in at the desk."""
    return await Visitor(http, realm.url("desk").replace("127.0.0.1", "localhost")).sign_in(post)


async def form(who: Visitor, number: str, act: str) -> dict[str, str]:
    """The hidden fields of the form of *act*."""
    page = await who.get(f"/en/desk/appeals/{number}/{act}")
    assert page.status_code == 200, page.text
    return hidden_fields(page.text)


async def send(who: Visitor, number: str, act: str, fields: dict[str, str], **more: str) -> httpx.Response:
    return await who.post(f"/en/desk/appeals/{number}/{act}", **fields, **more)


async def types(realm: Realm, number: str) -> list[str]:
    """The types of the appeal's events on the log, by sequence."""
    events = [one async for one in read(KafkaConfig(realm.environment["NATIJA_KAFKA"]), realm.name, subject=number)]
    return [one.type for one in events]


async def test_second_official_is_told_what_changed(realm: Realm, http: httpx.AsyncClient) -> None:
    """One takes it up while another forwards it. The second gets 409 with that act, and with what they wrote."""
    number = await file_appeal(realm, http)
    clerk, head = [await visitor(realm, http, f"{BODY}/{role}") for role in ("registrar", "head")]
    of_clerk, of_head = await form(clerk, number, "assign"), await form(head, number, "forward")
    done = await send(clerk, number, "assign", of_clerk, executor=f"{BODY}/executor")
    assert done.status_code == 303, done.text
    assert (done.status_code, done.headers["location"]) == (303, f"/en/desk/appeals/{number}?sequence=2")
    late = await send(head, number, "forward", of_head, body=OTHER, text="To the ministry of labour")
    assert late.status_code == 409
    assert "Assigned to a body" in late.text
    assert "To the ministry of labour" in late.text
    assert await types(realm, number) == ["appeal.registered.v1", "appeal.routed.v1"]


async def test_form_sent_again_is_done_once(realm: Realm, http: httpx.AsyncClient) -> None:
    """A double click, or a browser that repeats: the same answer, one event."""
    number = await file_appeal(realm, http)
    clerk = await visitor(realm, http, f"{BODY}/registrar")
    fields = await form(clerk, number, "assign") | {"executor": f"{BODY}/executor"}
    answers = await asyncio.gather(*(send(clerk, number, "assign", fields) for _ in range(4)))
    answers.append(await send(clerk, number, "assign", fields))
    assert {(one.status_code, one.headers.get("location")) for one in answers} == {
        (303, f"/en/desk/appeals/{number}?sequence=2")
    }
    assert await types(realm, number) == ["appeal.registered.v1", "appeal.routed.v1"]


async def test_fifty_officials_share_a_queue(realm: Realm, http: httpx.AsyncClient) -> None:
    """Fifty sessions see the same ten appeals, and each tries to take them all: each is taken once, none is lost."""
    numbers = await asyncio.gather(*(file_appeal(realm, http) for _ in range(10)))
    people = [await visitor(realm, http, f"{BODY}/{('registrar', 'head')[place % 2]}") for place in range(50)]
    queues = await asyncio.gather(*(one.get("/en/desk") for one in people))
    assert {one.status_code for one in queues} == {200}

    pairs = [(who, number) for number in numbers for who in people]
    forms = await asyncio.gather(*(form(who, number, "assign") for who, number in pairs))

    async def take(place: int) -> int:
        who, number = pairs[place]
        return (await send(who, number, "assign", forms[place], executor=f"{BODY}/executor")).status_code

    codes = await asyncio.gather(*map(take, range(len(pairs))))
    histories = await asyncio.gather(*(types(realm, number) for number in numbers))
    assert histories == [["appeal.registered.v1", "appeal.routed.v1"]] * 10
    assert Counter(codes) == {303: 10, 409: 490}


async def test_others_see_nothing(realm: Realm, http: httpx.AsyncClient) -> None:
    """Not another body, not the body complained of, not somebody without a session; a forged form does nothing."""
    number = await file_appeal(realm, http)
    other = await visitor(realm, http, f"{OTHER}/registrar")
    assert (await other.get(f"/en/desk/appeals/{number}")).status_code == 404
    assert number not in (await other.get("/en/desk")).text
    about = await file_appeal(realm, http, kind="complaint", complained_of=BODY)
    clerk = await visitor(realm, http, f"{BODY}/registrar")
    assert (await clerk.get(f"/en/desk/appeals/{about}")).status_code == 404
    assert about not in (await clerk.get("/en/desk")).text
    nobody = Visitor(http, clerk.address)
    away = await nobody.get(f"/en/desk/appeals/{number}")
    assert (away.status_code, away.headers["location"].startswith("/sign-in")) == (303, True)
    fields = await form(clerk, number, "assign")
    forged = await send(clerk, number, "assign", fields | {"csrf_token": "x"}, executor=f"{BODY}/executor")
    assert forged.status_code == 403
    assert await types(realm, number) == ["appeal.registered.v1"]


async def looks(realm: Realm, number: str) -> list[tuple[str | None, str, tuple[int, ...]]]:
    """The looks at texts of the appeal: the post, the purpose, and the events."""
    found: list[tuple[str | None, str, tuple[int, ...]]] = []
    kafka = KafkaConfig(realm.environment["NATIJA_KAFKA"])
    async for batch in read_batches(kafka, AUDIT.name(realm.name), dict.fromkeys(range(PARTITIONS), 0)):
        for one in batch:
            record = read_audit_record(one.key, one.value)
            if record.appeal == number:
                found.append((record.post, record.purpose, record.sequences))
    return found


async def test_each_look_is_recorded(realm: Realm, http: httpx.AsyncClient) -> None:
    """Those who handle it see the text at once. A controller asks for it. Both looks are on the topic."""
    number = await file_appeal(realm, http)
    clerk = await visitor(realm, http, f"{BODY}/registrar")
    assert TEXT in (await clerk.get(f"/en/desk/appeals/{number}")).text
    watching = await visitor(realm, http, "prosecutor-general/controller")
    page = await watching.get(f"/en/desk/appeals/{number}")
    assert TEXT not in page.text
    asked = await watching.post(f"/en/desk/appeals/{number}/text", **hidden_fields(page.text))
    assert TEXT in asked.text
    assert await looks(realm, number) == [
        (f"{BODY}/registrar", "handling", (1,)),
        ("prosecutor-general/controller", "supervision", (1,)),
    ]


async def test_wrong_form_comes_again(realm: Realm, http: httpx.AsyncClient) -> None:
    """With what was written, and the fields that must change."""
    number = await file_appeal(realm, http)
    clerk = await visitor(realm, http, f"{BODY}/registrar")
    fields = await form(clerk, number, "forward")
    again = await send(clerk, number, "forward", fields, body="nowhere", text="Because of this")
    assert (again.status_code, 'href="#body"' in again.text, "Because of this" in again.text) == (422, True, True)


async def test_forward_leads_back_to_queue(realm: Realm, http: httpx.AsyncClient) -> None:
    """The official who forwarded it may not read it any more. The same form sent again has the same answer."""
    number = await file_appeal(realm, http)
    clerk = await visitor(realm, http, f"{BODY}/registrar")
    fields = await form(clerk, number, "forward")
    for _ in range(2):
        done = await send(clerk, number, "forward", fields, body=OTHER, text="Their matter")
        assert (done.status_code, done.headers.get("location")) == (303, "/en/desk")
    assert await types(realm, number) == ["appeal.registered.v1", "appeal.forwarded.v1"]


async def test_words_survive_a_forward_meanwhile(realm: Realm, http: httpx.AsyncClient) -> None:
    """The appeal is with another body: one is told so, and sees nothing of what happens there."""
    number = await file_appeal(realm, http)
    clerk, head = [await visitor(realm, http, f"{BODY}/{role}") for role in ("registrar", "head")]
    of_clerk, of_head = await form(clerk, number, "forward"), await form(head, number, "forward")
    await send(head, number, "forward", of_head, body=OTHER, text="Their matter")
    late = await send(clerk, number, "forward", of_clerk, body=OTHER, text="So I have written")
    assert (late.status_code, "So I have written" in late.text, "Forwarded" in late.text) == (409, True, True)
    others = await visitor(realm, http, "prosecutor-general/controller")
    assert (await send(clerk, number, "assign", of_clerk, executor=f"{BODY}/executor")).status_code == 409
    assert (await others.get(f"/en/desk/appeals/{number}")).status_code == 200
    foreign = await file_appeal(realm, http, addressee=OTHER)
    forged = await send(clerk, foreign, "forward", of_clerk | {"sequence": "0"}, body=OTHER, text="x")
    assert (forged.status_code, "Registered" in forged.text) == (404, False)


async def test_sequence_of_the_future_is_refused(realm: Realm, http: httpx.AsyncClient) -> None:
    """It would switch off the check that nothing has changed."""
    number = await file_appeal(realm, http)
    clerk = await visitor(realm, http, f"{BODY}/registrar")
    fields = await form(clerk, number, "assign") | {"sequence": "999"}
    assert (await send(clerk, number, "assign", fields, executor=f"{BODY}/executor")).status_code == 409
    assert await types(realm, number) == ["appeal.registered.v1"]


async def test_controller_of_body_does_not_handle(realm: Realm, http: httpx.AsyncClient) -> None:
    """They ask for the texts as every controller does, and the record says that they supervise."""
    number = await file_appeal(realm, http)
    watching = await visitor(realm, http, f"{BODY}/controller")
    page = await watching.get(f"/en/desk/appeals/{number}")
    assert (page.status_code, TEXT in page.text, await looks(realm, number)) == (200, False, [])
    assert TEXT in (await watching.post(f"/en/desk/appeals/{number}/text", **hidden_fields(page.text))).text
    assert await looks(realm, number) == [(f"{BODY}/controller", "supervision", (1,))]


async def test_complaint_is_not_sent_to_its_body(realm: Realm, http: httpx.AsyncClient) -> None:
    """Also one about how the body handles another appeal."""
    first = await file_appeal(realm, http, addressee=OTHER)
    clerk = await visitor(realm, http, f"{BODY}/registrar")
    for about in ({"complained_of": OTHER}, {"complaint_of": first}):
        number = await file_appeal(realm, http, kind="complaint", **about)
        assert (await clerk.get(f"/en/desk/appeals/{number}")).status_code == 200
        fields = await form(clerk, number, "forward")
        refused = await send(clerk, number, "forward", fields, body=OTHER, text="To whom it is about")
        assert (refused.status_code, 'href="#body"' in refused.text) == (422, True)
        assert await types(realm, number) == ["appeal.registered.v1"]


async def test_text_of_any_bytes_is_answered(realm: Realm, http: httpx.AsyncClient) -> None:
    """Control characters are longer when they are sealed; half a character cannot be written at all."""
    number = await file_appeal(realm, http)
    clerk = await visitor(realm, http, f"{BODY}/registrar")
    fields = await form(clerk, number, "forward") | {"body": OTHER}
    long = await send(clerk, number, "forward", fields, text="\x01" * 30_000)
    assert (long.status_code, 'href="#text"' in long.text) == (422, True)
    parts = {**fields, "text": "\\ud800"}
    lines = [f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{one}\r\n' for name, one in parts.items()]
    half = await clerk.post_body(
        f"/en/desk/appeals/{number}/forward", "".join(lines).encode() + b"--x--\r\n",
        "multipart/form-data; boundary=x; charset=unicode_escape",
    )  # fmt: skip
    assert half.status_code == 422
    assert await types(realm, number) == ["appeal.registered.v1"]


async def test_undecided_act_is_told(realm: Realm, http: httpx.AsyncClient) -> None:
    """The page to which an act leads, while its event is not there: nobody must think that it was done, or lost."""
    number = await file_appeal(realm, http)
    clerk = await visitor(realm, http, f"{BODY}/registrar")
    told = "not registered yet"
    assert told not in (await clerk.get(f"/en/desk/appeals/{number}?sequence=1")).text
    assert told in (await clerk.get(f"/en/desk/appeals/{number}?sequence=2")).text


async def test_filter_takes_what_is_not_chosen(realm: Realm, http: httpx.AsyncClient) -> None:
    """The form of the filters sends an empty text for “All”."""
    clerk = await visitor(realm, http, f"{BODY}/registrar")
    page = await clerk.get("/en/desk?queue=waiting&topic=&executor=")
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert (await clerk.get("/en/desk?topic='%20or%201=1")).status_code in (200, 422)
    assert (await clerk.get("/en/desk?after=1-A&queue=mine")).status_code == 200


async def test_desk_rebuilds_from_log(realm: Realm, http: httpx.AsyncClient) -> None:
    """The projection of the desk is a projection like the others."""
    await realm.run("projection", "rebuild", "desk")
    assert (await http.get(f"{realm.management_url('desk')}/", headers=OPERATOR)).status_code == 200


async def test_obstacle_is_told_when_nothing_changed(realm: Realm, http: httpx.AsyncClient) -> None:
    """A form for an act that was never possible: the reason, and no empty list of changes."""
    number = await file_appeal(realm, http)
    clerk = await visitor(realm, http, f"{BODY}/registrar")
    fields = await form(clerk, number, "assign")
    refused = await send(clerk, number, "ask", fields, missing="documents", day="2099-01-01")
    assert (refused.status_code, "n-history" in refused.text) == (409, False)
    assert "The appeal does not stand there yet" in refused.text
