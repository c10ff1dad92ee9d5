"""The headings and phrases of a service's reports, in five languages.

Words for types, states and outcomes are in `natija_events.words`; names of bodies, topics, regions and channels are in
the realm's directory.
"""

from collections.abc import Mapping

from natija_events.words import LANGUAGES, Language


class Captions:
    """A table of phrases by name and language, with values to fill in as `{name}`."""

    def __init__(self, phrases: Mapping[str, Mapping[Language, str]]) -> None:
        self._phrases = phrases

    def __call__(self, name: str, language: Language, **values: object) -> str:
        """The phrase *name* in *language*, with *values* filled in. Raises KeyError for a name without a phrase."""
        return self._phrases[name][language].format(**values)

    def missing(self) -> list[tuple[str, Language]]:
        """The phrases that lack a language. A test of the service holds this empty."""
        return [
            (name, language) for name, by in self._phrases.items() for language in LANGUAGES if not by.get(language)
        ]
