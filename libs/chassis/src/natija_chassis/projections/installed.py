"""The services with a projection, and so with a database."""

from collections.abc import Callable

from natija_chassis.errors import OperatorError
from natija_chassis.projections.projection import Projection
from natija_chassis.services import resolve, service_infos


def services() -> list[str]:
    """Every installed service that keeps a projection."""
    return sorted(info.name for info in service_infos() if info.projection)


def projection_of(service: str) -> Projection:
    """The projection of an installed *service*. Raises `OperatorError` for an unknown one."""
    reference = next((info.projection for info in service_infos() if info.name == service), None)
    if reference is None:
        raise OperatorError(f"no service is called {service}; these have a projection: {', '.join(services())}")
    build: Callable[[], Projection] = resolve(reference)
    return build()
