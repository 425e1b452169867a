"""What an admin or a room lets pass: words of the lists, forms of them, and whole phrases."""

from collections.abc import Collection

from services.moderation.words.literals import Literals
from services.moderation.words.spelled import Hit, outside


class Exempt:
    """Some words and phrases, without regard to case."""

    def __init__(self, words: Collection[str] = ()) -> None:
        self._words = frozenset(words)
        self._phrases = Literals(word for word in words if not word.isalnum())

    def without(self, text: str, hits: list[Hit]) -> list[Hit]:
        """The hits that it does not let pass: not of one of its words, not one of them, not within its phrases."""
        if not hits or not self._words:
            return hits
        left = [hit for hit in hits if not self._is_one(text, hit)]
        return outside(left, self._phrases.find(text))

    def _is_one(self, text: str, hit: Hit) -> bool:
        start, end, term = hit
        return term.text in self._words or text[start:end].lower() in self._words
