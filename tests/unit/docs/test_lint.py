"""`make lint` finds old words in names and texts, long sentences and headless ones."""

import pytest
from tests.lint import sentences, words

RULES = words.rules(words.LIST.read_text())


def found(text: str, path: str = "docs/page.md") -> list[str]:
    """The old words in *text*."""
    return [finding.text for _, finding in words.old_words(path, text, RULES)]


@pytest.mark.parametrize(
    ("text", "old"),
    [
        ("def take_in(batch): ...", "take in"),
        ("class ParkedRecords:", "parked"),
        ("natija_records_parked_total", "parked"),
        ('raise ValueError("is no time zone")', "is no time"),
        ("the command is not to\nbe had", "to be had"),
        ("It is made anew.", "anew"),
        ("class Office:", "class office"),
        ("class _Door:", "door"),
        ("lookSeldom()", "look seldom"),
    ],
)
def test_old_word_is_found(text: str, old: str) -> None:
    assert old in found(text)


@pytest.mark.parametrize(
    "text", ["A dead letter.", "class Shard:", "outdoors", "book = load()", "It is no longer so.", "There is no gap."]
)
def test_standard_word_passes(text: str) -> None:
    assert found(text) == []


def test_finding_names_file_line_and_term() -> None:
    [(_, finding)] = words.old_words("a.md", "One\n\nIt is seldom so.", RULES)
    assert str(finding) == "a.md:3: 'seldom': say rarely"


def test_rule_without_term_is_refused() -> None:
    with pytest.raises(ValueError, match="line 2: expected PATTERN => TERM"):
        words.rules("# a list\nanew\n")


def test_long_sentence_is_found() -> None:
    text = "# Title\n\n" + "word " * 40 + "end. Short one.\n"
    [fault] = sentences.faults("page.md", text)
    assert (fault.line, "41 words" in fault.advice) == (3, True)


def test_long_docstring_is_found() -> None:
    text = '"""Module."""\n\n\ndef work():\n    """Do ' + "much " * 40 + 'work."""\n'
    assert [fault.line for fault in sentences.faults("module.py", text)] == [5]


@pytest.mark.parametrize("text", ["What is parked waits.", "- Who must answer is found.", "| What | it says |"])
def test_headless_subject_is_found(text: str) -> None:
    assert any("begin with a noun" in fault.advice for fault in sentences.faults("page.md", text))


@pytest.mark.parametrize(
    "text",
    [
        "What limits the speed?",
        "```\n" + "What is in code is free, " * 10 + "\n```",
        "- One item.\n- " + "word " * 15 + "\n- " + "word " * 15,
        "| " + "cell " * 15 + "| " + "cell " * 15 + "|",
        "A message, *" + "word " * 40 + "end*, is quoted.",
    ],
)
def test_clear_sentence_passes(text: str) -> None:
    assert list(sentences.faults("page.md", text)) == []
