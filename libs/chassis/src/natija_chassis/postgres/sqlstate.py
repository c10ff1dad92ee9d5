"""The meaning of PostgreSQL's error codes here."""

_UNDEFINED_TABLE = "42P01"


def sqlstate_of(error: BaseException) -> str | None:
    """The SQLSTATE of an error of asyncpg's, or of SQLAlchemy's around one; None for any other error."""
    found = getattr(getattr(error, "orig", None) or error, "sqlstate", None)
    return found if isinstance(found, str) else None


def is_undefined_table(error: BaseException) -> bool:
    """True when a table does not exist: the service that makes it has never run."""
    return sqlstate_of(error) == _UNDEFINED_TABLE


def is_data_error(error: BaseException) -> bool:
    """True when PostgreSQL rejects the data itself: classes 22, data exception, and 23, integrity constraint."""
    return (sqlstate_of(error) or "")[:2] in ("22", "23")
