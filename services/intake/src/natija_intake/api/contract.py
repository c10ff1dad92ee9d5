"""The contract for publishers, from the version that runs: AsyncAPI, and the JSON Schema of every type."""

from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple

from fastapi import APIRouter, Request, Response

from natija_chassis.http import problems
from natija_chassis.http.access import access
from natija_chassis.http.problems import Problem
from natija_events.documents.asyncapi import served_asyncapi, served_schemas

PATH = "/contract"
ASYNCAPI, SCHEMAS = f"{PATH}/asyncapi.json", f"{PATH}/schemas"
ACCESS = (
    access("GET", ASYNCAPI, "public", bodies="any"),
    access("GET", SCHEMAS + "/{name:path}", "public", bodies="any"),
)


class _Document(NamedTuple):
    content: bytes
    media_type: str
    etag: str


def router() -> APIRouter:
    """The routes. A client that has the present version is told so with 304."""
    api = APIRouter(prefix=PATH, tags=["contract"])
    asyncapi = _document(served_asyncapi().encode(), "application/vnd.aai.asyncapi+json;version=3.0.0")
    schemas: Mapping[str, _Document] = {
        name: _document(content, "application/schema+json") for name, content in served_schemas().items()
    }

    @api.get("/asyncapi.json", response_class=Response)
    async def asyncapi_document(request: Request) -> Response:
        """The topics, their messages, and the outcome of a proposal, as AsyncAPI 3."""
        return _answer(request, asyncapi)

    @api.get("/schemas/{name:path}", response_class=Response, responses=problems.responses(404, 422))
    async def schema(name: str, request: Request) -> Response:
        """A JSON Schema: `proposals/appeal.registered.v1.json` for publishers, without `proposals/` for readers."""
        found = schemas.get(name)
        if found is None:
            raise Problem(404, "The schema is not known", f"{ASYNCAPI} refers to all of them.")
        return _answer(request, found)

    return api


def _document(content: bytes, media_type: str) -> _Document:
    return _Document(content, media_type, f'"{sha256(content).hexdigest()[:32]}"')


def _answer(request: Request, document: _Document) -> Response:
    headers = {"ETag": document.etag, "Cache-Control": "public, max-age=3600"}
    if request.headers.get("if-none-match") == document.etag:
        return Response(status_code=304, headers=headers)
    return Response(document.content, media_type=document.media_type, headers=headers)
