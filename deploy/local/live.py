"""One appeal sent over HTTP, and its events as they come onto the log."""

import asyncio
import sys
import uuid
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from deploy.local.errors import StepFailed

_SUBMISSION = {
    "kind": "application",
    "channel": "electronic",
    "language": "ky",
    "region": "chuy",
    "topic": "roads",
    "applicant": {"name": "Айгүл Асанова", "phone": "+996 555 000 000"},
    "text": "Айылдын жолун оңдоп бериңиздер.",
}
_AWAITED = ("appeal.routed.v1", "appeal.term-set.v1")
"""The events of routing and deadlines that follow."""
_SECONDS = 60


def follow_one(intake: str, kafka: str, realm: str) -> str:
    """POST an appeal to *intake* and print its events until routing and deadlines have acted; gives its number.

    Raises StepFailed.
    """
    receipt = _post(f"{intake}/appeals")
    number = str(receipt["number"])
    print(f"  number {number}   access code {receipt['access_code']}")
    if "date" in receipt:
        print(f"  registered {receipt['date']} {receipt['time']} {receipt['zone']}")
    sys.stdout.flush()
    try:
        asyncio.run(_follow(kafka, realm, number, ZoneInfo(receipt.get("zone", "UTC"))))
    except TimeoutError:
        raise StepFailed(f"routing and deadlines did not act on {number} within {_SECONDS} s", 1) from None
    return number


def _post(url: str) -> dict[str, Any]:
    print(f"$ POST {url}", flush=True)
    try:
        answer = httpx.post(
            url, json=_SUBMISSION, headers={"Idempotency-Key": str(uuid.uuid4())}, timeout=30, trust_env=False
        )
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise StepFailed(f"POST {url}: {error}", 1) from None
    receipt: dict[str, Any] = answer.json()
    return receipt


async def _follow(kafka: str, realm: str, number: str, zone: ZoneInfo) -> None:
    from natija_events.kafka import read

    missing = set(_AWAITED)
    async with asyncio.timeout(_SECONDS):
        async for event in read(kafka, realm, subject=number, follow=True):
            facts = event.data.model_dump(mode="python", exclude_none=True) if event.data else {}
            facts |= next(iter(facts.get("terms", ())), {})  # the one term that is set
            told = [f"{name} {facts[name]}" for name in ("topic", "body", "policy") if name in facts]
            if due := facts.get("due"):
                told.append(f"due {due.astimezone(zone):%Y-%m-%d %H:%M}")
            print(f"  {event.recordedtime.astimezone(zone):%H:%M:%S.%f}"[:-3], end="  ")
            print(f"{event.sequence:>2}  {event.type:<24} {', '.join(told)}", flush=True)
            missing.discard(event.type)
            if not missing:
                return
