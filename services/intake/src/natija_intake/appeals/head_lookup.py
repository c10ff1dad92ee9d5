"""The head of one appeal, from the registrar's database."""

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.postgres.sqlstate import is_undefined_table
from natija_intake.registrar.heads import Head
from natija_intake.registrar.projection import load_heads


class StatusUnavailable(Exception):
    """The database does not answer."""


class HeadLookup:
    """Reads heads over the connections of *engine*."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def get(self, number: str) -> Head | None:
        """The head of the appeal; None before it is registered. Raises `StatusUnavailable`."""
        try:
            async with self._engine.connect() as connection:
                return (await load_heads(connection, [number])).get(number)
        except DBAPIError as error:
            if is_undefined_table(error):
                return None  # no registrar has run in this realm yet
            raise StatusUnavailable from None
        except (SQLAlchemyError, OSError, TimeoutError):
            raise StatusUnavailable from None
