"""An indexer as a process of its own, to be killed: `python -m tests.integration.chassis.opening.indexer`."""

import asyncio

from natija_chassis.opening.key_indexer import KeyIndexer
from natija_chassis.postgres.engine import open_engine
from natija_chassis.settings import Settings


async def main() -> None:
    """Index until killed."""
    settings = Settings()
    await KeyIndexer(settings, open_engine(settings, "routing")).run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main())
