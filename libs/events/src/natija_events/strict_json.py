"""Strict JSON: without NaN, infinity, duplicate keys and deep nesting."""

import math
from typing import Any

import jiter


def parse(raw: bytes) -> Any:
    """Parse *raw* (UTF-8). Raises ValueError, without the value, for anything that is not strict JSON."""
    try:
        value = jiter.from_json(raw, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="keys")
    except ValueError as error:
        raise ValueError(_without_value(str(error))) from None
    if _holds_infinity(value):
        raise ValueError("a number is too large")
    return value


def _without_value(message: str) -> str:
    # jiter quotes the duplicate key, which may be anything, also a person's name.
    return "an object has a duplicate key" if message.startswith("Detected duplicate key") else message


def _holds_infinity(value: Any) -> bool:
    """Whether a number in *value* was too large for a float. jiter bounds the depth of its nesting."""
    kind = type(value)
    if kind is dict:
        return any(map(_holds_infinity, [one for one in value.values() if type(one) in _MAY_HOLD_INFINITY]))
    if kind is list:
        return any(map(_holds_infinity, [one for one in value if type(one) in _MAY_HOLD_INFINITY]))
    return kind is float and math.isinf(value)


_MAY_HOLD_INFINITY = frozenset((dict, list, float))
