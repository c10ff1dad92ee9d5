"""The messages that docs/operations.md quotes in italics are messages of the code."""

import ast
import re
from collections.abc import Iterator
from functools import cache

from tests.lint.sentences import markdown_blocks
from tests.unit.docs.pages import REPOSITORY

PAGE = REPOSITORY / "docs/operations.md"
_ITALIC = re.compile(r"(?<![*\w])\*([^*\s][^*]*)\*(?!\*)")
_VARIABLE = re.compile(r"\b(?:\d+|[NMK])\b|…|[:,;]")
OF_OTHERS = frozenset(
    {"ProducerFenced", "TopicAuthorizationFailedError", "GroupAuthorizationFailedError", "SaslAuthenticationFailed"}
)
"""Errors of Kafka's clients."""
FOREIGN = ("is not authorized for this client", "Input should be")
"""Parts of messages of Kafka and pydantic."""


def fragments(message: str) -> list[str]:
    """The fixed parts of *message*: numbers, N, M and … stand for values."""
    return [part.strip() for part in _VARIABLE.split(message) if part.strip()]


@cache
def corpus() -> str:
    """Every string of the code, one a line, white space collapsed."""
    return "\n".join(text for folder in ("libs", "services") for text in _strings(folder))


def _strings(folder: str) -> Iterator[str]:
    for path in (REPOSITORY / folder).glob("*/src/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield " ".join(node.value.split())


def unknown_messages(page: str) -> list[str]:
    """The messages in italics of *page* with a part that no string of the code has."""
    quoted = [message for _, block in markdown_blocks(page) for message in _ITALIC.findall(block)]
    mine = [one for one in quoted if one not in OF_OTHERS and not any(part in one for part in FOREIGN)]
    return [one for one in mine if not all(fragment in corpus() for fragment in fragments(one))]


def test_quoted_messages_exist() -> None:
    assert unknown_messages(PAGE.read_text()) == []


def test_unknown_message_is_found() -> None:
    assert unknown_messages("It says *deciding on 3 sofas*, then\n*deciding on N shards*.") == ["deciding on 3 sofas"]
