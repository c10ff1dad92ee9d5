"""Access tokens: one stands for the code of one appeal, for half an hour."""

import pytest

from natija_intake.receipts.access_tokens import LASTS, AccessTokens

NUMBER, NOW = "KG-7K3M-9QX4-T2R8-MA", 1_780_000_000.5
OLD, NEW = b"o" * 32, b"n" * 32
TOKENS = AccessTokens([OLD, NEW])
TOKEN = TOKENS.token(NUMBER, 2, NOW)


def test_token_stands_for_the_code() -> None:
    assert TOKENS.given_code(TOKEN, NOW) == (NUMBER, 2)
    assert TOKENS.given_code(TOKEN, NOW + LASTS - 1) == (NUMBER, 2)


def test_token_ends() -> None:
    assert TOKENS.given_code(TOKEN, NOW + LASTS) is None


def test_older_secret_still_opens() -> None:
    assert TOKENS.given_code(AccessTokens([OLD]).token(NUMBER, 1, NOW), NOW) == (NUMBER, 1)
    assert AccessTokens([OLD]).given_code(TOKEN, NOW) is None


@pytest.mark.parametrize(
    "token",
    [
        "", ".", "...", TOKEN[:-1], TOKEN + "0", TOKEN.replace("MA.2", "MA.3"), TOKEN.replace("KG-7", "KG-8"),
        "ё" * 300,
        TOKEN.rpartition(".")[2],
    ],
    ids=["empty", "dot", "dots", "short", "long", "generation", "number", "letters", "signature"],
)  # fmt: skip
def test_changed_token_opens_nothing(token: str) -> None:
    assert TOKENS.given_code(token, NOW) is None
