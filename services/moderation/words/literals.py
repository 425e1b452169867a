"""Words that are not made of Latin letters, found as they stand: other scripts, hyphens, signs, emoji."""

import unicodedata
from collections.abc import Iterable

from services.moderation.words.automata import automaton
from services.moderation.words.spelled import Hit
from services.moderation.words.terms import Term

# Scripts that write without spaces: there a word is found in the middle of anything.
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "YI")


class Literals:
    """Some words, to be found in linear time without regard to case."""

    def __init__(self, words: Iterable[str]) -> None:
        terms = {_lower(word): Term(word) for word in words}
        self._automaton = automaton({text: (len(text), term) for text, term in terms.items()})

    def find(self, text: str) -> list[Hit]:
        """Where they stand, not within longer words."""
        if self._automaton is None:
            return []
        found = ((last + 1 - length, last + 1, term) for last, (length, term) in self._automaton.iter(_lower(text)))
        return [hit for hit in found if not _continues(text, hit[0]) and not _continues(text, hit[1])]


def _lower(text: str) -> str:
    """In lower case, at the same length."""
    lower = text.lower()
    return (
        lower if len(lower) == len(text) else "".join(low if len(low := char.lower()) == 1 else char for char in text)
    )


def _continues(text: str, at: int) -> bool:
    """Whether a word goes on from the character before this place to the one after."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    return before.isalnum() and after.isalnum() and not (_is_unspaced(before) or _is_unspaced(after))


def _is_unspaced(char: str) -> bool:
    return unicodedata.name(char, "").split(" ")[0].split("-")[0] in _UNSPACED
