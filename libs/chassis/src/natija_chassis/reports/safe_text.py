"""Text from the log on a screen, or in a spreadsheet: it must not move the cursor, hide itself or be a formula."""

import re
from unicodedata import category

_FORMULA = tuple("=+-@＝＋－＠")
"""First characters of a formula, as spreadsheets read CSV (CWE-1236); the wide forms are read so in East Asia."""
_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Control characters (also of terminals), marks of direction and format, lone surrogates, line separators."""
_ASCII = re.compile(r"[ -~]*")


def as_cell(text: str) -> str:
    """*text* as a cell of CSV: printable, with an apostrophe before it where a spreadsheet would compute it. Only JSON
    is exact."""
    printed = as_printed(text)
    return f"'{printed}" if printed.startswith(_FORMULA) else printed


def as_printed(text: str) -> str:
    """*text* with each character that is not seen written as its code: `\\x1b`, `\\u202e`."""
    if _ASCII.fullmatch(text):
        return text
    return "".join(_escaped(one) if category(one) in _UNSEEN else one for one in text)


def escape_json(text: str) -> str:
    """The JSON *text* with the same characters as JSON escapes, so that a terminal can show it. Its value is equal."""
    return "".join(_json_escaped(one) if one != "\n" and category(one) in _UNSEEN else one for one in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _json_escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[place : place + 2].hex()}" for place in range(0, len(units), 2))
