"""The form of the page of an appeal: what opens it, and the texts of the acts as typed (pure)."""

from typing import NamedTuple, Self
from urllib.parse import parse_qs
from uuid import UUID, uuid4

from natija_chassis.http.problems import FieldError
from natija_intake.following.acts import ACTS, NEEDS_TEXT, ApplicantAct
from natija_intake.pages.form import MOST_CHARACTERS, NotTheForm, as_typed, field_error, graphemes

STAY = "stay"
"""The step of a link to another language: the page comes again as it was filled in."""
_MOST_OF_FIELD = 64
_MOST_OF_TOKEN = 200


class FollowForm(NamedTuple):
    """The fields as typed. *key* is made with the form, so that the same text sent again is one event.

    Number and code open the appeal, or the token that its page carries. Each act has a text of its own.
    """

    number: str = ""
    access_code: str = ""
    access_token: str = ""
    data: str = ""
    add: str = ""
    withdraw: str = ""
    key: str = ""
    step: str = ""

    @classmethod
    def read(cls, body: bytes) -> Self:
        """The fields in the *body* of a request. Raises `NotTheForm`."""
        try:
            fields = parse_qs(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=10)
            given = cls(**{name: values[-1] for name, values in fields.items()})
            UUID(given.key or str(uuid4()))
        except (TypeError, ValueError):
            raise NotTheForm from None
        texts = {act: as_typed(getattr(given, act)) for act in ACTS}
        return given._replace(
            number=given.number[:_MOST_OF_FIELD],
            access_code=given.access_code[:_MOST_OF_FIELD],
            access_token=given.access_token[:_MOST_OF_TOKEN],
            key=given.key or str(uuid4()),
            **texts,
        )

    @property
    def act(self) -> ApplicantAct | None:
        """The act that was asked for."""
        return next((one for one in ACTS if one == self.step), None)

    def text(self, act: ApplicantAct) -> str:
        """The text of *act*."""
        text: str = getattr(self, act)
        return text

    def errors(self, act: ApplicantAct) -> list[FieldError]:
        """The rules that the text of *act* breaks."""
        text = self.text(act)
        if not text and act in NEEDS_TEXT:
            return [field_error(act, "missing")]
        return [field_error(act, "too_long")] if graphemes(text) > MOST_CHARACTERS else []

    def without(self, act: ApplicantAct) -> Self:
        """The form after *act* was done: for another one."""
        return self._replace(**{act: ""}, key=str(uuid4()))
