"""The form of the page of an appeal: its fields, and what is wrong with the text of an act."""

from urllib.parse import urlencode

import pytest

from natija_intake.pages.follow.form import FollowForm
from natija_intake.pages.form import MOST_CHARACTERS, NotTheForm

KEY = "2f1c7a52-8a0e-4c53-9d6d-5a1f0e7c9b34"


def typed(**fields: str) -> FollowForm:
    return FollowForm.read(urlencode(fields).encode())


def test_step_names_the_act() -> None:
    assert typed(step="add", add=" Жол\r\nбар ", key=KEY) == FollowForm(add="Жол\nбар", key=KEY, step="add")
    assert [typed(step=step).act for step in ("data", "add", "withdraw", "show", "stay", "")] == [
        "data", "add", "withdraw", None, None, None,
    ]  # fmt: skip


def test_every_form_has_a_key() -> None:
    assert typed(number="KG-1").key != typed(number="KG-1").key


def test_only_withdrawal_needs_no_text() -> None:
    empty = typed(step="add")
    assert [error["rule"] for error in (*empty.errors("add"), *empty.errors("data"))] == ["missing", "missing"]
    assert empty.errors("withdraw") == []
    assert typed(withdraw="x" * (MOST_CHARACTERS + 1)).errors("withdraw")[0]["rule"] == "too_long"


def test_done_act_leaves_the_others() -> None:
    """The next act is another event."""
    after = typed(add="a", withdraw="b", key=KEY).without("add")
    assert (after.add, after.withdraw, after.key != KEY) == ("", "b", True)


@pytest.mark.parametrize("body", [b"x=1", b"add=%ff", b"key=1", b"number=1&" * 20])
def test_forms_of_others_are_refused(body: bytes) -> None:
    with pytest.raises(NotTheForm):
        FollowForm.read(body)
