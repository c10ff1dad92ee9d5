"""Old words in names and texts, by the list in words.txt."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LIST = Path(__file__).with_name("words.txt")
_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True)
class Rule:
    """A word that must not be used: its pattern, and the term to use instead."""

    pattern: str
    term: str

    @property
    def expression(self) -> re.Pattern[str]:
        """The pattern over text that `plain` has split into words."""
        return _compiled(self.pattern)


@dataclass(frozen=True)
class Finding:
    """A place in a file that breaks a rule: the line counts from 1."""

    path: str
    line: int
    text: str
    advice: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text!r}: {self.advice}"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(r"\b" + pattern.replace(" ", r"\s+") + r"\b")


def rules(text: str) -> list[Rule]:
    """The rules of a word list (the form stands in words.txt). Raise ValueError that names a line without a term."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        pattern, arrow, term = (part.strip() for part in line.partition("=>"))
        if not (pattern and arrow and term):
            raise ValueError(f"line {number}: expected PATTERN => TERM")
        found.append(Rule(pattern, term))
    return found


def plain(text: str) -> str:
    """*text* in small letters, names split into words; the number of lines stays."""
    return _CASE.sub(" ", text).replace("_", " ").lower()


def old_words(path: str, text: str, rules: list[Rule]) -> Iterator[tuple[Rule, Finding]]:
    """Every use of an old word in *text*, the content of the file *path*."""
    words = plain(text)
    for rule in rules:
        for match in rule.expression.finditer(words):
            line = words.count("\n", 0, match.start()) + 1
            yield rule, Finding(path, line, " ".join(match[0].split()), f"say {rule.term}")
