"""The services that are installed here, each by the entry point of its projection."""

from collections.abc import Callable
from importlib.metadata import entry_points

from natija_chassis.errors import OperatorError
from natija_chassis.projections.projection import Projection


def services() -> list[str]:
    """Every installed service that keeps a projection, hence a database."""
    return sorted(entry_points(group="natija.projections").names)


def projection_of(service: str) -> Projection:
    """The projection of an installed *service*. Raises `OperatorError` for a stranger."""
    found = entry_points(group="natija.projections", name=service)
    if not found:
        raise OperatorError(f"there is no service {service}; there are {', '.join(services())}")
    build: Callable[[], Projection] = next(iter(found)).load()
    return build()
