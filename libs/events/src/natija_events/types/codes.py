"""Text that stands on the log in clear: codes, words, media types. None of them is for text about people.

A `Code` is an id that the realm gave. A `Word` is what another register calls a thing, in its own script. A field that
names a thing of the realm's reference data says its `CodedKind`. Its type is `Word`, since histories of other registers
bring their own names. Admission holds every other publisher to `Code` and to reference data.
"""

import re
import unicodedata
from functools import cache, lru_cache
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, Field, GetJsonSchemaHandler, StringConstraints
from pydantic_core import CoreSchema
from typing_extensions import TypeAliasType

from natija_events.types.word_characters import character_class

CODE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$"
WORD_CHARACTERS = 160
"""The most characters of a `Word`: the longest topic of the known registers has 132."""

NOT_A_WORD = r"^[-=+@ ]| $|  |\n"
"""The signs that no `Word` has: the first of a formula, a blank at an end, two blanks, a line end."""

CodedKind = Literal["body", "channel", "country_type", "district", "jurisdiction", "region", "social_group", "topic"]
"""The kinds of things that reference data name."""


@cache
def word_pattern() -> str:
    """The pattern of a `Word`. It also has nothing of `NOT_A_WORD`, and is in the Unicode form NFC."""
    return f"^[ {character_class()}]+$"


@cache
def _compiled() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Compiled when the first word is checked: it takes 30 ms, and most commands check none."""
    return re.compile(word_pattern()[1:-1]), re.compile(NOT_A_WORD)


@lru_cache(maxsize=8192)  # the same few names come with every event
def _word(text: str) -> str:
    characters, wrong = _compiled()
    if not characters.fullmatch(text) or wrong.search(text):
        raise ValueError(
            r"not a word: letters, digits, punctuation and single blanks, without < > \ | ` and not after = + - @"
        )
    if not unicodedata.is_normalized("NFC", text):
        raise ValueError("not in the Unicode form NFC")
    return text


def normalize_word(text: str) -> str:
    """*text* in the form of a `Word`: NFC, single blanks inside and none around, and ``'`` in place of a backtick.

    The result is a `Word` only if its characters are those of one.
    """
    return " ".join(unicodedata.normalize("NFC", text).replace("`", "'").split())


class _WordSchema:
    """The JSON Schema of a `Word`: all that a schema can say of it."""

    def __get_pydantic_json_schema__(self, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(core_schema), "pattern": word_pattern(), "not": {"pattern": NOT_A_WORD}}


class Coded(NamedTuple):
    """Marks a field as the code of a thing of this *kind*."""

    kind: CodedKind

    def __get_pydantic_json_schema__(self, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(core_schema), "x-reference": self.kind}


Code = Annotated[str, StringConstraints(pattern=CODE_PATTERN)]
"""An id that the realm gave: a post, a rule, a policy. Never a person's name."""

Word = TypeAliasType(
    "Word",
    Annotated[
        str,
        StringConstraints(min_length=1, max_length=WORD_CHARACTERS),
        AfterValidator(_word),
        _WordSchema(),
        Field(description="A name that a register gives to a thing, in any script and in the Unicode form NFC."),
    ],
)
"""A name that a register gives to a thing: letters, marks, digits, single blanks and punctuation, in the form NFC."""

MediaType = Annotated[
    str,
    StringConstraints(max_length=127, pattern=r"^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*$"),
]
"""A media type of RFC 6838 without parameters, such as application/pdf."""

BodyCode = Annotated[Word, Coded("body")]
Channel = Annotated[Word, Coded("channel")]
CountryType = Annotated[Word, Coded("country_type")]
District = Annotated[Word, Coded("district")]
Jurisdiction = Annotated[Word, Coded("jurisdiction")]
Region = Annotated[Word, Coded("region")]
SocialGroup = Annotated[Word, Coded("social_group")]
Topic = Annotated[Word, Coded("topic")]
