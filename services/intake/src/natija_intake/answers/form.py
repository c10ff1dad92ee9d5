"""The form of the page of an answer: what opens it (pure)."""

from typing import NamedTuple, Self
from urllib.parse import parse_qs

from natija_intake.pages.form import NotTheForm

STAY = "stay"
"""The step of a link to another language: the form comes again as it was filled in."""
_MOST_OF_FIELD = 64
_MOST_OF_TOKEN = 200


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
            fields = parse_qs(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=10)
            given = cls(**{name: values[-1] for name, values in fields.items()})
        except (TypeError, ValueError):
            raise NotTheForm from None
        return given._replace(
            number=given.number[:_MOST_OF_FIELD],
            access_code=given.access_code[:_MOST_OF_FIELD],
            access_token=given.access_token[:_MOST_OF_TOKEN],
        )
