"""Refuses query parameters that a route does not have: a misspelt one would be ignored, as if it had not been sent."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from natija_chassis.http import problems

_ANY = "takes_any_query"
Endpoint = TypeVar("Endpoint", bound=Callable[..., object])


def takes_any_query(endpoint: Endpoint) -> Endpoint:
    """Marks an *endpoint* that ignores unknown parameters: a standard says so, or its links are passed on with more."""
    setattr(endpoint, _ANY, True)
    return endpoint


def refuse_unknown_query(request: Request) -> None:
    """A dependency of every route. Raises `Problem`: it names the known parameters, and never what was sent."""
    route = request.scope["route"]
    if not request.url.query or hasattr(getattr(route, "endpoint", None), _ANY):
        return
    known = sorted(_names(route.dependant)) if isinstance(route, APIRoute) else []
    if not request.query_params.keys() <= set(known):
        takes = f"takes only {', '.join(known)}" if known else "takes no parameters"
        raise problems.invalid_field("query", "unknown", takes)


def _names(dependant: Dependant) -> Iterator[str]:
    for parameter in dependant.query_params:
        yield parameter.alias
    for inner in dependant.dependencies:
        yield from _names(inner)
