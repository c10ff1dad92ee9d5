"""The form of the page of an appeal: what opens it, and the texts of the acts as typed (pure)."""

from typing import NamedTuple, Self
from uuid import UUID, uuid4

from natija_chassis.http.problems import FieldError
from natija_intake.following.acts import ACTS, NEEDS_TEXT, ApplicantAct
from natija_intake.pages.form import MOST_CHARACTERS, NotTheForm, as_typed, field_error, graphemes, read_fields


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
            given = cls(**read_fields(body))
            key = given.key or str(uuid4())
            UUID(key)
        except (TypeError, ValueError):
            raise NotTheForm from None
        return given._replace(key=key, **{act: as_typed(getattr(given, act)) for act in ACTS})

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
