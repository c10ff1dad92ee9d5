"""The OpenAPI document of an API: who may use each operation, and the one shape of its errors."""

from typing import Any

from fastapi import FastAPI
from starlette.routing import compile_path

from natija_chassis.http import problems
from natija_chassis.http.access import AccessTable, RouteAccess
from natija_chassis.settings import Settings

_SCHEME, _BASIC = "apiKey", "apiKeyAsPassword"
_OF_KEYS = (401, 403)
_OF_ALL = (421, 422, 500)


def describe(app: FastAPI, table: AccessTable, settings: Settings) -> None:
    """Add to the document of *app* what *table* and the chassis do for every route."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = generate()  # FastAPI keeps it as app.openapi_schema
            document["servers"] = [{"url": f"http://{settings.host}:{settings.port}"}]
            components = document.setdefault("components", {})
            components["securitySchemes"] = {_SCHEME: {"type": "http", "scheme": "bearer"}}
            if any(row.basic for row in table.rows):
                components["securitySchemes"][_BASIC] = {"type": "http", "scheme": "basic"}
            components.setdefault("schemas", {})[problems.SCHEMA_NAME] = problems.SCHEMA
            for row in table.rows:
                _, path, _ = compile_path(row.path)  # a document has no converters: {name:path} is {name}
                if (
                    operation := document["paths"].get(path, {}).get(row.method.lower())
                ) is not None:  # pages have none
                    _complete(operation, row)
        return generate()

    app.openapi = openapi  # type: ignore[method-assign]  # the way FastAPI documents for extending the document


def _complete(operation: dict[str, Any], row: RouteAccess) -> None:
    operation["security"] = [] if row.is_public else [{_SCHEME: []}, *([{_BASIC: []}] if row.basic else [])]
    if not row.is_public:
        operation["x-roles"] = sorted(row.roles)
    statuses = _OF_ALL if row.is_public else (*_OF_KEYS, *_OF_ALL)
    for status, answer in problems.responses(*statuses).items():
        operation["responses"].setdefault(str(status), answer)
