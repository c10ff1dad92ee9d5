"""The table of words: every code of the contract has an official word in every language."""

import json
import re
from importlib.resources import files
from typing import get_args

import pytest

from natija_events import words
from natija_events.lifecycle.transitions import HISTORY, TABLE, Role, State
from natija_events.schema.registry import OWNERS
from natija_events.types.base import AnswerOutcome, AnswerReason
from natija_events.types.deadlines import TermKind
from natija_events.types.intake import Applicant, Registered
from natija_events.types.oversight import CourtRuling, SanctionRecorded
from natija_events.wire.rejection import RejectionReason
from natija_events.words import KINDS, LANGUAGES, Language, WordKind, word

CODES: dict[WordKind, set[str]] = {
    "type": {type.rpartition(".v")[0] for type in TABLE},
    "state": set(get_args(State)),
    "outcome": set(get_args(AnswerOutcome)),
    "reason": set(get_args(AnswerReason)),
    "rejection": set(get_args(RejectionReason)),
    "role": {*get_args(Role), HISTORY},
    "owner": set(OWNERS),
    "kind": set(get_args(Registered.model_fields["kind"].annotation)),
    "form": set(get_args(Registered.model_fields["form"].annotation)),
    "character": set(get_args(Registered.model_fields["character"].annotation)),
    "applicant": set(get_args(Applicant.model_fields["kind"].annotation)),
    "measure": set(get_args(SanctionRecorded.model_fields["measure"].annotation)),
    "ruling": set(get_args(CourtRuling)),
    "term": set(get_args(TermKind)),
}
ALPHABETS: dict[Language, str] = {
    "ky": "а-яёңөү",
    "kk": "а-яёәіңғүұқөһ",
    "uz": "a-zʻʼ",
    "ru": "а-яё",
    "en": "a-z'",
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_code_has_a_word(kind: WordKind) -> None:
    assert set(words.codes(kind)) == CODES[kind]


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_use_their_own_alphabet(language: Language) -> None:
    """No code, no letter of a look-alike alphabet, no wrong apostrophe, no space at either end."""
    written = re.compile(rf"[{ALPHABETS[language]}]+([ ,-]+[{ALPHABETS[language]}]+)*")
    wrong = [
        (kind, code, text)
        for kind in KINDS
        for code in words.codes(kind)
        if not written.fullmatch(text := word(kind, code, language))
    ]
    assert wrong == []


def test_words_of_one_kind_differ() -> None:
    """Two codes of a kind with one word could not be told apart in a list; two reasons are the same in law."""
    same_in_law = {"returned", "appeal_returned"}
    for kind in KINDS:
        for language in LANGUAGES:
            told = [word(kind, code, language) for code in words.codes(kind) if code not in same_in_law]
            assert len(told) == len(set(told)), (kind, language)


def test_versions_share_one_word() -> None:
    assert word("type", "appeal.answered.v1", "ru") == word("type", "appeal.answered.v7", "ru") == "дан ответ"
    assert word("type", "appeal.answered", "en") == "answered"


def test_unknown_code_stands_for_itself() -> None:
    assert word("type", "appeal.foreseen.v1", "ky") == "appeal.foreseen.v1"
    assert word("state", "FORESEEN", "uz") == "FORESEEN"


def test_unknown_kind_or_language_is_refused() -> None:
    with pytest.raises(ValueError, match="kind: not one of type, state"):
        word("color", "red", "en")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="language: not one of ky, kk"):
        word("state", "NEW", "de")  # type: ignore[arg-type]


def test_unconfirmed_words_are_marked() -> None:
    table = json.loads(files(words).joinpath("words.json").read_text(encoding="utf-8"))
    assert all(
        set(entry.get("confirmed", ())) <= {"ky", "kk", "uz"} for kind in table.values() for entry in kind.values()
    )
    assert words.is_confirmed("state", "REGISTERED", "ky")
    assert not words.is_confirmed("state", "ON_SIGNING", "ky")
    assert words.is_confirmed("state", "ON_SIGNING", "ru")
