"""The contract over HTTP: AsyncAPI, and every schema that it refers to."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from natija_chassis.http import problems
from natija_intake.api import contract


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(contract.router())
    problems.install(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        yield client


async def test_every_schema_of_asyncapi_is_served(client: httpx.AsyncClient) -> None:
    document = (await client.get("/contract/asyncapi.json")).text
    names = set(re.findall(r'"(schemas/[^"]+)"', document))
    assert len(names) > 100
    for name in names:
        answer = await client.get(f"/contract/{name}")
        assert answer.status_code == 200, name
        assert answer.json()["$id"].startswith("urn:natija:")


async def test_known_version_is_not_sent_again(client: httpx.AsyncClient) -> None:
    first = await client.get("/contract/asyncapi.json")
    again = await client.get("/contract/asyncapi.json", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["nothing.json", "../topics.py", "%2e%2e/topics.py", "proposals", ""])
async def test_other_files_are_not_served(client: httpx.AsyncClient, name: str) -> None:
    assert (await client.get(f"/contract/schemas/{name}")).status_code == 404
