"""The form of the page of an answer: what opens it (pure)."""

from typing import NamedTuple, Self

from natija_intake.pages.form import NotTheForm, read_fields


class AnswerForm(NamedTuple):
    """The fields as typed: number and code, or the token that the page of the answer carries."""

    number: str = ""
    access_code: str = ""
    access_token: str = ""
    step: str = ""

    @classmethod
    def read(cls, body: bytes) -> Self:
        """The fields in the *body* of a request. Raises `NotTheForm`."""
        try:
            return cls(**read_fields(body))
        except TypeError:
            raise NotTheForm from None
