"""What the tests of intake send."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from tests.stack import Realm

APPEAL = {
    "kind": "application",
    "channel": "electronic",
    "language": "ky",
    "region": "chuy",
    "topic": "roads",
    "applicant": {
        "name": "Asanova Aigul",
        "phone": "+996 555 000 111",
        "birth_date": "1980-02-29",
        "address": {"region": "chuy", "settlement": "Kant", "address_text": "12 Lenin street"},
    },
    "representative": {"name": "Bakirov Bakyt", "proof": "warrant 7"},
    "text": "Our road has washed away.",
}
PERSONAL = (
    "Asanova", "555 000 111", "1980-02-29", "Kant", "Lenin", "Bakirov", "warrant", "washed",
)  # fmt: skip
"""What of it may stand nowhere in the open."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def api(registry: Realm) -> AsyncIterator[httpx.AsyncClient]:
    """The intake API of the realm that tests share."""
    await registry.serve("intake")
    async with httpx.AsyncClient(base_url=registry.url("intake"), timeout=30, trust_env=False) as client:
        yield client
