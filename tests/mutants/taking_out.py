"""The environment of a child process that runs without one part."""

from pathlib import Path


def without(part: str | None) -> dict[str, str]:
    """The environment that takes *part* out; nothing for None. `sitecustomize.py` defines the parts."""
    return {} if part is None else {"PYTHONPATH": str(Path(__file__).parent), "TAKEN_OUT": part}
