"""Every installed service is entered where the repository lists its services."""

import importlib

import pytest
from tests.entries import distributions, missing
from tests.guides import REPOSITORY

from natija_chassis.services import resolve, service_info, service_infos


@pytest.mark.parametrize(("distribution", "processes"), distributions().items())
def test_service_is_entered_everywhere(distribution: str, processes: list[str]) -> None:
    assert missing(REPOSITORY, distribution, processes) == []


def test_forgotten_places_are_named() -> None:
    """A service that is entered nowhere is missing at every place."""
    assert len(missing(REPOSITORY, "natija-tally", ["tally"])) == 10


@pytest.mark.parametrize("process", [info.name for info in service_infos()])
def test_references_of_service_resolve(process: str) -> None:
    """Each reference of a service leads to an object. Nothing else would notice a wrong one before it is needed."""
    info = service_info(process)
    references = [info.start, info.settings, *info.command_settings, info.commands, info.projection, info.lag]
    for reference in references:
        if reference is not None:
            assert resolve(reference) is not None
    if info.metrics is not None:
        importlib.import_module(info.metrics)
    assert resolve(info.settings).process == process


def test_ports_of_services_differ() -> None:
    ports = [info.port for info in service_infos()]
    assert len(set(ports)) == len(ports)
