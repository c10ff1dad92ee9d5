"""`natija dead-letters`: prints the log records that projections could not apply, and the outcome of their retry."""

import json
import sys
from typing import Any

from natija_chassis.projections.dead_letters import DeadLetter
from natija_chassis.projections.installed import services
from natija_chassis.projections.retry import dead_letters_of, retry_service
from natija_chassis.settings import Settings


async def show(settings: Settings, service: str | None, format: str) -> bool:
    """Print the dead letters of *service*, or of all services; whether there are any."""
    found = {name: await dead_letters_of(settings, name) for name in ([service] if service else services())}
    if format == "json":
        print(json.dumps([_plain(name, letter) for name, letters in found.items() for letter in letters]))
    else:
        _print(found)
    return any(found.values())


async def retry_all(settings: Settings, service: str | None, format: str) -> int:
    """Retry the dead letters of *service*, or of all services, and print what is left; 1 when something is left."""
    for name in [service] if service else services():
        outcome = await retry_service(settings, name)
        if outcome.applied or outcome.left:
            counts = f"{outcome.applied} records of {outcome.appeals} appeals applied, {outcome.left} left"
            print(f"{name}: {counts}", file=sys.stderr if format == "json" else sys.stdout)
    return int(await show(settings, service, format))


def _plain(service: str, letter: DeadLetter) -> dict[str, Any]:
    time = letter.failedtime.isoformat() if letter.failedtime else None
    return {"service": service, **letter._asdict(), "failedtime": time}


def _print(found: dict[str, list[DeadLetter]]) -> None:
    if not any(found.values()):
        print("no dead letters")
    for service, letters in found.items():
        for letter in letters:
            reason = letter.detail or f"waits for offset {letter.blocked_by} of the same appeal"
            print(f"{service} {letter.partition}/{letter.offset} {letter.appeal}: {reason}")
