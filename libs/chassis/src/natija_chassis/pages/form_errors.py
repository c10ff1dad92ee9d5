"""The errors of a form in words: a list at the top of the page, and a sentence at each field."""

from collections.abc import Mapping, Sequence
from typing import Any

from natija_chassis.http.problems import FieldError
from natija_chassis.pages.catalogs import GetText

_EMPTY = ("missing", "string_too_short", "too_short")
_LONG = ("string_too_long", "too_long")
_CHOICE = ("literal_error", "enum", "unknown")


class FormErrors:
    """The errors of the fields that *labels* names, in the order of *labels*; *words* translates.

    The names of fields are the ids of their inputs. That of a group of radios is the id of its first one.
    """

    def __init__(self, errors: Sequence[FieldError], labels: Mapping[str, str], words: GetText) -> None:
        rules = {error["field"]: error["rule"] for error in reversed(errors)}
        self._texts = {
            field: _sentence(rules[field], words).format(label=label)
            for field, label in labels.items()
            if field in rules
        }
        self._words = words

    def __bool__(self) -> bool:
        return bool(self._texts)

    def of(self, field: str) -> dict[str, str] | None:
        """The parameter `errorMessage` of a macro of govuk-frontend; None without an error."""
        if field not in self._texts:
            return None
        return {"text": self._texts[field], "visuallyHiddenText": self._words("Error")}

    @property
    def summary(self) -> dict[str, Any]:
        """The parameters of `govukErrorSummary`. It takes the focus, also without a script."""
        listed = [{"text": text, "href": f"#{field}"} for field, text in self._texts.items()]
        title = self._words("Some fields need a change")
        return {"titleText": title, "errorList": listed, "attributes": {"tabindex": "-1", "autofocus": "autofocus"}}


def _sentence(rule: str, words: GetText) -> str:
    if rule in _EMPTY:
        return words("Fill in the field “{label}”.")
    if rule in _LONG:
        return words("The field “{label}” is too long.")
    if rule in _CHOICE:
        return words("Choose a value in the field “{label}”.")
    return words("Check the field “{label}”.")
