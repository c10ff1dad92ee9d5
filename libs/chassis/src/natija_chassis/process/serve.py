"""`natija serve`: find the process among the installed ones, read its settings, run it."""

import logging
from collections.abc import Callable, Coroutine
from typing import Any

import uvloop

from natija_chassis.errors import OperatorError
from natija_chassis.observability import logs, tracing
from natija_chassis.observability.logs import sanitised
from natija_chassis.process import gc_tuning
from natija_chassis.services import resolve, service_info
from natija_chassis.settings import Settings
from natija_events.kafka import aiokafka_patch

log = logging.getLogger(__name__)


def serve(process: str) -> int:
    """Run *process* until SIGTERM. Returns 0, or 1 when it could not start or continue. Raises `OperatorError` if
    unknown."""
    info = service_info(process)
    start: Callable[[Settings], Coroutine[Any, Any, None]] = resolve(info.start)
    settings: Settings = resolve(info.settings)()
    logs.configure(process, settings.log_level)
    tracing.configure(process)
    gc_tuning.relax_gc(settings.gc_threshold)
    aiokafka_patch.apply()
    try:
        uvloop.run(start(settings))
    except OperatorError as error:
        log.error("%s", str(error))
        return 1
    except OSError as error:
        log.error("%s", sanitised(error))
        return 1
    return 0
