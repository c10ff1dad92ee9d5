"""Strict JSON: without NaN, infinity, duplicate keys and deep nesting."""

import math
import re
from typing import Any

import jiter

_MAYBE_INFINITE = re.compile(rb"[:\[,\s-][0-9](?:[0-9.]*[eE]\+?[0-9]|[0-9]{308})")
"""A number that may be too large for a float, or text that looks like one."""


def parse(raw: bytes) -> Any:
    """Parse *raw* (UTF-8). Raises ValueError, without the value, for anything that is not strict JSON."""
    try:
        value = jiter.from_json(raw, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="keys")
    except ValueError as error:
        raise ValueError(_without_value(str(error))) from None
    if _MAYBE_INFINITE.search(raw) and _infinite(value):
        raise ValueError("a number is too large")
    return value


def _without_value(message: str) -> str:
    # jiter quotes the duplicate key, which may be anything, also a person's name.
    return "an object has a duplicate key" if message.startswith("Detected duplicate key") else message


def _infinite(value: Any) -> bool:
    open_ends = [value]
    while open_ends:
        end = open_ends.pop()
        if isinstance(end, dict):
            open_ends.extend(end.values())
        elif isinstance(end, list):
            open_ends.extend(end)
        elif isinstance(end, float) and math.isinf(end):
            return True
    return False
