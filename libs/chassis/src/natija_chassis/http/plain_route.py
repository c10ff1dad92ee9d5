"""A route without FastAPI's handling, for the one path where that costs more than the work behind it."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.routing import Route
from starlette.types import ASGIApp

_REF = "#/components/schemas/{model}"


class PlainRoute(Route):
    """A Starlette route: *endpoint* gets scope, receive and send, and reads the request itself.

    FastAPI documents only its own routes, so this one brings its OpenAPI *operation*. The operation refers to *models*
    with `schema_ref`.
    """

    def __init__(
        self,
        method: str,
        path: str,
        endpoint: ASGIApp,
        *,
        operation: Mapping[str, Any],
        models: Sequence[type[BaseModel]] = (),
    ) -> None:
        super().__init__(path, endpoint, methods=[method])
        self.method = method
        self.operation = operation
        self.models = models


def schema_ref(model: type[BaseModel]) -> dict[str, str]:
    """How an operation refers to the schema of *model*."""
    return {"$ref": _REF.format(model=model.__name__)}


def add_plain_routes(app: FastAPI, routes: Sequence[PlainRoute]) -> None:
    """Serve *routes* before all others, and list them in the OpenAPI document of *app*."""
    app.router.routes[:0] = routes
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = generate()  # FastAPI keeps it as app.openapi_schema
            for route in routes:
                document.setdefault("paths", {}).setdefault(route.path, {})[route.method.lower()] = route.operation
                document.setdefault("components", {}).setdefault("schemas", {}).update(_schemas(route.models))
        return generate()

    app.openapi = openapi  # type: ignore[method-assign]  # the way FastAPI documents for extending the document


def _schemas(models: Sequence[type[BaseModel]]) -> dict[str, Any]:
    _, found = models_json_schema([(model, "validation") for model in models], ref_template=_REF)
    schemas: dict[str, Any] = found.get("$defs", {})
    return schemas
