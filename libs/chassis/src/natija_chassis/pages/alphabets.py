"""The order of names in each language, since the database of the local stack knows no alphabet but that of ASCII."""

from collections.abc import Mapping
from functools import cache

from natija_events.words import Language

_RUSSIAN = "а б в г д е ё ж з и й к л м н о п р с т у ф х ц ч ш щ ъ ы ь э ю я"
_LATIN = "a b c d e f g h i j k l m n o p q r s t u v w x y z"
_ALPHABETS: Mapping[Language, str] = {
    "ky": "а б в г д е ё ж з и й к л м н ң о ө п р с т у ү ф х ц ч ш щ ъ ы ь э ю я",
    "kk": "а ә б в г ғ д е ё ж з и й к қ л м н ң о ө п р с т у ұ ү ф х һ ц ч ш щ ъ ы і ь э ю я",
    "uz": "a b c d e f g h i j k l m n o p q r s t u v w x y z oʻ gʻ sh ch",
    "ru": _RUSSIAN,
    "en": _LATIN,
}
_APOSTROPHES = str.maketrans("'‘’`ʼ", "ʻʻʻʻʻ")

SortKey = tuple[tuple[int, str], ...]


def sort_key(text: str, language: Language) -> SortKey:
    """The key by which *text* is sorted among others in *language*.

    Letters of another script come after the alphabet, and signs before it. Small and capital letters are equal.
    """
    places, left, key = _places(language), text.casefold().translate(_APOSTROPHES), []
    while left:
        letter = left[:2] if left[:2] in places else left[0]
        left = left[len(letter) :]
        place = places.get(letter, len(places) + 1 if letter.isalpha() else 0)
        key.append((place, "" if place in range(1, len(places) + 1) else letter))
    return tuple(key)


@cache
def _places(language: Language) -> Mapping[str, int]:
    return {letter: place for place, letter in enumerate(_ALPHABETS[language].split(), 1)}
