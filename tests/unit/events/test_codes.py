"""Codes, words and media types: what they admit, in the model as in the schema."""

import re
import sys
import unicodedata
from functools import cache
from typing import Any

import pytest
import regress
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pydantic import TypeAdapter, ValidationError

from natija_events.types.base import AppealNumber
from natija_events.types.codes import NOT_A_WORD, Code, MediaType, Word, normalize_word, word_pattern
from natija_events.types.word_characters import character_class

WORD: TypeAdapter[str] = TypeAdapter(Word)
CODE: TypeAdapter[str] = TypeAdapter(Code)
MEDIA_TYPE: TypeAdapter[str] = TypeAdapter(MediaType)
NUMBER: TypeAdapter[str] = TypeAdapter(AppealNumber)
CATEGORIES = (
    "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
    "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Cn",
)  # fmt: skip
UNICODE_14 = unicodedata.unidata_version == "14.0.0"
"""A later Unicode has characters that no word admits."""
SYMBOLS = "$+=^~№"
NEVER_SEEN = {
    0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0,
    *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0),
}  # fmt: skip
"""Letters and marks that have no glyph of their own."""


def admits(adapter: TypeAdapter[Any], text: str) -> bool:
    try:
        adapter.validate_python(text, strict=True)
    except ValidationError:
        return False
    return True


def is_allowed(character: str) -> bool:
    """The rule of a word's characters, by Python's own tables."""
    if character in "<>\\|`" or ord(character) in NEVER_SEEN:
        return False
    return unicodedata.category(character)[0] in "LMNP" or character in SYMBOLS


def of_category(category: str) -> st.SearchStrategy[str]:
    return st.characters(categories=[category])  # type: ignore[list-item]


@pytest.mark.parametrize("category", CATEGORIES)
def test_word_admits_by_category(category: str) -> None:
    """Of every category of Unicode all characters pass that the rule allows, and no other."""
    allowed = re.compile(f"[{character_class()}]")
    for character in by_category()[category]:
        passes = allowed.fullmatch(character) is not None
        if UNICODE_14 or not is_allowed(character):
            assert passes == is_allowed(character), f"U+{ord(character):04X}"


@cache
def by_category() -> dict[str, str]:
    """Every character, by its category."""
    found: dict[str, list[str]] = {category: [] for category in CATEGORIES}
    for point in range(sys.maxunicode + 1):
        found[unicodedata.category(chr(point))].append(chr(point))
    return {category: "".join(characters) for category, characters in found.items()}


@given(st.sampled_from(CATEGORIES).flatmap(of_category))
def test_word_agrees_with_its_rule(character: str) -> None:
    """Inside a word, each character passes or fails as the rule says, in the model as in the schema."""
    text = f"a{character}b"
    expected = is_allowed(character) and unicodedata.is_normalized("NFC", text)
    if UNICODE_14 or not expected:
        assert admits(WORD, text) == (expected or character == " ")
    assert not admits(WORD, text) or schema_admits(text)


@pytest.mark.parametrize(
    "text",
    [
        "Back Bay", "PWDx_Lights", "г. Бишкек", "Ысык-Көл обл.", "Комитет «Связь»", "Школа № 5", "C++", "a=b", "5 %",
        "O'Neil", "北京市", "ولاية", "नई दिल्ली", "US-MA-Boston", "x", "é", "x" * 160,
    ],
)  # fmt: skip
def test_name_of_a_register_is_word(text: str) -> None:
    assert admits(WORD, text)
    assert schema_admits(text)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", " a", "a ", "a  b", "a\u00a0b", "a\tb", "a\nb", "a\n", "=SUM(A1)", "+1", "-2+3", "@SUM(1)", "<script>",
        "a|b", "a\\b", "a`b", "\u202eabc", "a\u200bb", "a\u009b31m", "\ue000", "a\ufeff", "🏠", "x" * 161, "\U000e0041",
    ],
)  # fmt: skip
def test_other_text_is_not_word(text: str) -> None:
    assert not admits(WORD, text)
    assert not schema_admits(text)


def test_decomposed_form_is_not_word() -> None:
    """Only the form NFC: else two channels look the same."""
    assert admits(WORD, "\u00e9")
    assert not admits(WORD, "e\u0301")


def test_rule_of_a_word_holds_no_value() -> None:
    with pytest.raises(ValidationError) as refused:
        WORD.validate_python("=Иванов")
    assert "Иванов" not in refused.value.errors(include_input=False)[0]["msg"]


@given(st.text())
def test_normalizing_twice_changes_nothing(text: str) -> None:
    """A normalized text is a word, or has a character that no word has."""
    once = normalize_word(text)
    assert normalize_word(once) == once
    assert unicodedata.is_normalized("NFC", once)
    if admits(WORD, once):
        assert all(is_allowed(one) or one == " " for one in once)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Two   blanks\t", "Two blanks"), ("Cafe\u0301", "Café"), ("ООО `Дом`", "ООО 'Дом'"), ("", ""),
        ("a\u00a0\u2009b", "a b"),
    ],
)  # fmt: skip
def test_text_is_normalized(text: str, expected: str) -> None:
    assert normalize_word(text) == expected


@pytest.mark.parametrize("text", ["a", "kg-law-67/1", "realm:post_7", "A.B", "0", "x" * 64])
def test_id_is_code(text: str) -> None:
    assert admits(CODE, text)


@pytest.mark.parametrize("text", ["", "-a", "a b", "Иванов", "a+b", "a@b.kg", "x" * 65, "a\n", "=1", "a\u200b", "/a"])
def test_other_text_is_not_code(text: str) -> None:
    assert not admits(CODE, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("application/pdf", True), ("image/svg+xml", True), ("application/vnd.ms-excel", True), ("pdf", False),
        ("text/plain; charset=utf-8", False), ("a/b/c", False), ("x/" + "y" * 126, False), ("x/" + "y" * 125, True),
        ("текст/plain", False), ("application/", False),
    ],
)  # fmt: skip
def test_media_type_has_type_and_subtype(text: str, expected: bool) -> None:
    assert admits(MEDIA_TYPE, text) == expected


@pytest.mark.parametrize("kind", [CODE, MEDIA_TYPE, NUMBER], ids=["code", "media type", "number"])
def test_schema_has_pattern_of_model(kind: TypeAdapter[Any]) -> None:
    assert "pattern" in kind.json_schema()


def test_patterns_are_read_by_ecmascript() -> None:
    """JSON Schema's patterns are those of ECMAScript with the flag u."""
    pattern, wrong = regress.Regex(word_pattern(), "u"), regress.Regex(NOT_A_WORD, "u")
    for text in ("Ысык-Көл", "北京 (1)", "a\U0001e900b"):
        assert pattern.find(text) is not None
        assert wrong.find(text) is None
    assert pattern.find("a\u202e") is None
    assert wrong.find("=a") is not None


def schema_admits(text: str) -> bool:
    """True when the JSON Schema of a word admits *text*. It says all but the form NFC."""
    return bool(Draft202012Validator(WORD.json_schema()).is_valid(text))
