"""`natija serve`: find the process by its entry point, give it its settings, run it."""

import gc
import inspect
import logging
import sys
from collections.abc import Callable, Coroutine
from importlib.metadata import entry_points
from typing import Any, get_type_hints

import uvloop

from natija_chassis.errors import OperatorError
from natija_chassis.observability import logs, tracing
from natija_chassis.observability.logs import sanitised
from natija_chassis.settings import Settings

log = logging.getLogger(__name__)


def serve(process: str) -> int:
    """Run *process* until it is told to stop; 0, or 1 with the reason on stderr."""
    points = {point.name: point for point in entry_points(group="natija.services")}
    if process not in points:
        print(f"natija: there is no {process}; there are {', '.join(sorted(points))}", file=sys.stderr)
        return 2
    start: Callable[[Settings], Coroutine[Any, Any, None]] = points[process].load()
    settings = settings_class(start)()
    logs.configure(process, settings.log_level)
    tracing.configure(process)
    gc.freeze()  # what is imported stays: no collection need look at it. Rarer ones would cost 90 MiB a process.
    try:
        uvloop.run(start(settings))
    except OperatorError as error:
        log.error("%s", error)
        return 1
    except OSError as error:
        log.error("%s", sanitised(error))
        return 1
    return 0


def settings_class(start: Callable[..., Any]) -> type[Settings]:
    """The settings that *start* takes: the annotation of its first parameter."""
    first = next(iter(inspect.signature(start).parameters))
    found: type[Settings] = get_type_hints(start)[first]
    return found
