"""Phrases: several words in a row, looked up by their first one."""

from collections.abc import Iterable, Sequence

from services.moderation.words.spelled import Hit, Token, outside
from services.moderation.words.terms import Term
from services.moderation.words.tokens import EDGES, plain


class Phrases:
    """Some phrases, each with the term that it is."""

    def __init__(self, phrases: Iterable[tuple[str, Term]]) -> None:
        self._by_first: dict[str, list[tuple[list[str], Term]]] = {}
        for phrase, term in phrases:
            words = phrase.split(" ")
            self._by_first.setdefault(words[0], []).append((words, term))

    def find(self, tokens: Sequence[Token]) -> list[Hit]:
        """Where they stand."""
        words = [word if (word := token[2]).isalpha() else plain(word.strip(EDGES)) for token in tokens]
        if self._by_first.keys().isdisjoint(words):
            return []
        found: list[Hit] = []
        for number, word in enumerate(words):
            for phrase, term in self._by_first.get(word, ()):
                if words[number : number + len(phrase)] == phrase:
                    found.append((tokens[number][0], tokens[number + len(phrase) - 1][1], term))
        return found

    def without(self, tokens: Sequence[Token], hits: list[Hit]) -> list[Hit]:
        """The hits that do not lie within one of them."""
        return outside(hits, self.find(tokens))
