"""Where the repository lists its services, beside their own folders."""

import re
import tomllib
from configparser import ConfigParser
from pathlib import Path

from natija_chassis.services import installed

OWN_CONTRACTS = ("root_packages", "services", "layers")


def distributions() -> dict[str, list[str]]:
    """The processes of each installed distribution that has any, by its name."""
    found: dict[str, list[str]] = {}
    for point, info in installed():
        assert point.dist is not None
        found.setdefault(point.dist.name, []).append(info.name)
    return found


def missing(repository: Path, distribution: str, processes: list[str]) -> list[str]:
    """The places in *repository* where *distribution* or one of its *processes* is missing."""
    folder = distribution.removeprefix("natija-")
    package = distribution.replace("-", "_")
    found = {
        **_workspace(repository, distribution, folder),
        **_import_rules(repository, package),
        **{f"docs/operations.md: the rights of {process}": _has_rights(repository, process) for process in processes},
        f"services/{folder}/README.md": (repository / "services" / folder / "README.md").is_file(),
    }
    return [place for place, there in found.items() if not there]


def _workspace(repository: Path, distribution: str, folder: str) -> dict[str, bool]:
    project = tomllib.loads((repository / "pyproject.toml").read_text())
    return {
        "pyproject.toml: dependencies": distribution in project["project"]["dependencies"],
        "pyproject.toml: tool.uv.sources": distribution in project["tool"]["uv"]["sources"],
        "pyproject.toml: mypy_path": f"services/{folder}/src" in project["tool"]["mypy"]["mypy_path"],
    }


def _import_rules(repository: Path, package: str) -> dict[str, bool]:
    rules = ConfigParser()
    rules.read(repository / ".importlinter")
    lists = {
        "root_packages": rules["importlinter"]["root_packages"],
        "services are independent": rules["importlinter:contract:services"]["modules"],
        "layers": rules["importlinter:contract:layers"]["layers"],
        "layers inside each service": rules["importlinter:contract:inside-services"]["containers"],
        "the Kafka part of the contract": rules["importlinter:contract:kafka-part"]["allowed_importers"],
    }
    return {f".importlinter: {name}": package in re.split(r"[\s|:]+", text) for name, text in lists.items()}


def _has_rights(repository: Path, process: str) -> bool:
    """Whether the table of Kafka's access rights names *process*, and a command below gives it some."""
    text = (repository / "docs" / "operations.md").read_text().partition("\n## Kafka access rights\n")[2]
    table, _, commands = text.partition("```sh\n")
    return f"`{process}`" in table and re.search(rf"\b(who|in)\b.*\b{process}\b", commands) is not None
