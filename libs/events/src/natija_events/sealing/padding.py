"""Hides the length of a sealed value: its JSON is padded with blanks to one of few sizes (bytes)."""

PERSON = (512, 1_024, 2_048)
"""Sizes of the value `person`."""
CONTENT = (256, 1_024, 4_096, 16_384, 65_536, 131_072)
"""Sizes of the value `content`."""


def pad(json: bytes, sizes: tuple[int, ...]) -> bytes:
    """*json* with blanks at its end, as long as the next of *sizes*. Raises ValueError when it is too long."""
    size = next((size for size in sizes if len(json) <= size), None)
    if size is None:
        raise ValueError(f"is longer than {sizes[-1]:,} bytes as JSON in UTF-8: shorten it, or attach a file")
    return json.ljust(size)


def is_padded(plain: bytes, sizes: tuple[int, ...]) -> bool:
    """Whether *plain* has one of *sizes*, and no smaller one would do."""
    return len(plain) in sizes and len(pad(plain.rstrip(b" "), sizes)) == len(plain)
