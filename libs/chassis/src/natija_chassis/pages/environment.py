"""The templates of one language: the service's own, those of the kit, and the macros of govuk-frontend."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, PrefixLoader

KIT = Path(__file__).parent
"""The folder of the kit's own templates and catalogues."""
_MACROS = "govuk_frontend_jinja"


def build(folders: Sequence[Path], global_values: Mapping[str, Any]) -> Environment:
    """The templates in *folders*, the first of which wins, and the kit's. Each sees *global_values*.

    Undefined values are empty, since the macros of govuk-frontend ask for values that nobody gave.
    """
    loaders = [FileSystemLoader(folder / "templates") for folder in folders]
    macros = PrefixLoader({_MACROS: PackageLoader(_MACROS)})
    environment = Environment(
        loader=ChoiceLoader([*loaders, macros]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.update(global_values)
    return environment
