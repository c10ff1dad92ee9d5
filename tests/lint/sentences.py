"""Rules for sentences in Markdown and docstrings: short, and the subject is a noun."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.lint.words import Finding

LONGEST = {".md": 20, ".py": 25}
"""Words in a sentence, at most, by the ending of the file."""
_FENCE = re.compile(r"^ *(```|~~~)")
_ITEM = re.compile(r"^ *([-*+]|\d+\.) +")
_END = re.compile(r"(?<=[.!?])[*_)\"']*\s+(?=[*_(\"'`]*[A-ZÀ-ЯІҚҒҮҰӘӨҢ0-9`])")
_HEADLESS = re.compile(r"^\W*(What|Who|Whoever|Whatever|Whichever)\b")
_QUOTED = re.compile(r"(`+).+?\1|(?<![*\w])\*[^*\s][^*]*\*(?!\*)")
"""A code span, or a message or term in italics."""
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")


def markdown_blocks(text: str) -> Iterator[tuple[int, str]]:
    """The first line and the text of each paragraph, list item, heading and table cell; code blocks are left out."""
    code, start, lines = False, 0, list[str]()
    for number, line in enumerate([*text.splitlines(), ""], 1):
        fence = bool(_FENCE.match(line))
        breaks = (
            fence or code or not line.strip() or bool(_ITEM.match(line)) or line.lstrip().startswith(("#", "|", "<!"))
        )
        if breaks and lines:
            yield start, " ".join(lines)
            lines = []
        if fence:
            code = not code
        elif not code and line.lstrip().startswith("|"):
            yield from ((number, cell.strip()) for cell in line.strip().strip("|").split(" | "))
        elif not code and line.strip() and not line.startswith("    "):
            start = start if lines else number
            lines.append(_ITEM.sub("", line).strip().lstrip("#").strip())


def docstring_blocks(source: str) -> Iterator[tuple[int, str]]:
    """The first line and the text of each paragraph of every docstring, those below attributes too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            for start, block in markdown_blocks(node.value.value):
                yield node.lineno + start - 1, block


def sentences(block: str) -> list[str]:
    """The sentences of *block*: a code span or a message in italics counts as one word, a link as its text."""
    return [one for one in _END.split(_LINK.sub(r"\1", _QUOTED.sub("`quoted`", block))) if one]


def faults(path: str, text: str) -> Iterator[Finding]:
    """Every sentence of *text*, the content of the file *path*, that is too long or has a clause as its subject."""
    longest = LONGEST[Path(path).suffix]
    blocks = docstring_blocks(text) if path.endswith(".py") else markdown_blocks(text)
    for line, block in blocks:
        for sentence in sentences(block):
            start = " ".join(sentence.split()[:6])
            words = [word for word in sentence.split() if re.search(r"\w", word)]
            if len(words) > longest:
                yield Finding(path, line, f"{start} …", f"{len(words)} words in one sentence, at most {longest}")
            if _HEADLESS.match(sentence) and not sentence.rstrip().endswith("?"):
                yield Finding(path, line, f"{start} …", "begin with a noun: no clause with what or who as the subject")
