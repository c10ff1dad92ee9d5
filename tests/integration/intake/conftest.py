"""The intake API that tests share."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from tests.stack import Realm


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def api(registry: Realm) -> AsyncIterator[httpx.AsyncClient]:
    """The intake API of the realm that tests share."""
    await registry.serve("intake")
    async with httpx.AsyncClient(base_url=registry.url("intake"), timeout=30, trust_env=False) as client:
        yield client
