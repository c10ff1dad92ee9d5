"""JSON as the contract reads it: no NaN, no infinity, no key twice, nothing nested beyond reason."""

from typing import Any

import jiter


def parse(raw: bytes) -> Any:
    """Parse *raw* (UTF-8). Raises ValueError, without the value, on anything doubtful."""
    try:
        return jiter.from_json(raw, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="keys")
    except ValueError as error:
        raise ValueError(_without_value(str(error))) from None


def _without_value(message: str) -> str:
    # jiter names the doubled key in quotes; a key may be anything, also a person's name.
    return "a key stands twice" if message.startswith("Detected duplicate key") else message
