"""Every API answers as its OpenAPI document says, whatever is sent: requests are made from the documents.

No server is asked. The databases are empty, and a registrar in this process decides.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import one_of
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests import apps
from tests.contract.corpus.author import CHANNEL
from tests.contract.fuzz.intake import Register, intake
from tests.stack import OPERATOR

CHECKS: Any = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


MAKERS: Any = {**apps.ALL, "intake": lambda: intake(Register())}
PUBLISHER = {"Authorization": f"Bearer {CHANNEL}"}


def operations() -> Iterator[Any]:
    """Each operation of each API, as a parameter of a test."""
    for name, make in MAKERS.items():
        api = make().api
        schema = schemathesis.openapi.from_dict(api.openapi())
        schema.app = api
        for found in schema.get_all_operations():
            assert isinstance(found, Ok)
            operation = found.ok()
            if operation.path == "/health":  # it has nothing to vary
                continue
            yield pytest.param(operation, id=f"{name} {operation.label}")


@pytest.mark.parametrize("operation", list(operations()))
def test_answers_are_as_documented(operation: Any) -> None:
    """No request fails, lawful or not, and each answer has a documented status, type and form."""

    @given(case=one_of([operation.as_strategy(generation_mode=mode) for mode in GenerationMode]))
    @settings(suppress_health_check=list(HealthCheck))
    def check(case: Any) -> None:
        case.validate_response(loop.run_until_complete(send(case)), checks=CHECKS)

    with contextlib.closing(asyncio.new_event_loop()) as loop:
        check()


async def send(case: Any) -> httpx.Response:
    """The answer of the app itself: a test client would start a thread for each request."""
    of_publisher = "publisher" in case.operation.definition.raw.get("x-roles", [])
    kwargs = case.as_transport_kwargs(base_url="http://localhost", headers=PUBLISHER if of_publisher else OPERATOR)
    request: Any = requests.Request(**kwargs).prepare()
    transport = httpx.ASGITransport(case.operation.schema.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport) as client:
        sent = client.build_request(request.method, request.url, content=request.body)
        sent.headers.update(dict(request.headers))
        return await client.send(sent)
