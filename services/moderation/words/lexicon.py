"""A word list made ready: tables in which every disguise of a word is found by looking it up."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from services.moderation.words.automata import automaton
from services.moderation.words.terms import Term, pieces

_DOUBLED = re.compile(r"(.)\1")
_LONGEST_STARRED = 9
_SHORTEST_STARRED = 4
_SHORTEST_REVERSED = 4


@dataclass(frozen=True, slots=True)
class Collapsed:
    """A word with its repeats drawn together: `fuuck` is `fuck` with the counts 1, 2, 1, 1."""

    text: str
    counts: tuple[int, ...]

    @classmethod
    def of(cls, word: str) -> "Collapsed":
        """The word, collapsed."""
        if _DOUBLED.search(word) is None:
            return cls(word, (1,) * len(word))
        runs = [(char, len(list(run))) for char, run in groupby(word)]
        return cls("".join(char for char, _ in runs), tuple(count for _, count in runs))


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a term: the term, and how often each letter stands in it at least."""

    term: Term
    counts: tuple[int, ...]


class Lexicon:
    """The tables of one word list.

    `forms` whole words; `collapsed` the same by their collapsed text; `starred` with letters starred out; `torn` in two
    parts, by the first one; `phrases` of several words. The automata find collapsed forms anywhere in linear time:
    `any_form` all of them, `inside` those that count within longer words.
    """

    def __init__(self, terms: Iterable[Term], allowed: Collection[str] = frozenset()) -> None:
        self.allowed = frozenset(allowed)
        self.forms: dict[str, Term] = {}
        self.collapsed: dict[str, list[Form]] = {}
        self.starred: dict[str, Term] = {}
        self.torn: dict[str, dict[str, Term]] = {}
        self.phrases: list[tuple[str, Term]] = []
        for term in terms:
            if term.text not in self.allowed:
                self._add(term)
        self.any_form = automaton(self.collapsed)
        inside = {text: [form for form in forms if form.term.strong] for text, forms in self.collapsed.items()}
        self.inside = automaton({text: forms for text, forms in inside.items() if forms})

    def _add(self, term: Term) -> None:
        if " " in term.text:
            self.phrases.append((term.text, term))
            return
        for form in dict.fromkeys(term.forms()):
            if form not in self.allowed and form not in self.forms:
                self._add_form(form, term)
                if term.strong and len(form) >= _SHORTEST_REVERSED and form[::-1] not in self.allowed:
                    self.forms.setdefault(form[::-1], term)

    def _add_form(self, form: str, term: Term) -> None:
        self.forms[form] = term
        collapsed = Collapsed.of(form)
        self.collapsed.setdefault(collapsed.text, []).append(Form(term, collapsed.counts))
        for starred in _starred(form, term.strong):
            if starred not in self.starred or (term.strong and not self.starred[starred].strong):
                self.starred[starred] = term
        for first, second in _torn(form):
            self.torn.setdefault(first, {}).setdefault(second, term)


def _starred(form: str, strong: bool) -> Iterator[str]:
    """With one stretch of letters starred out, or with all vowels; enough stays to know it from other words."""
    length = len(form)
    if length < _SHORTEST_STARRED:
        return
    if length > _LONGEST_STARRED:
        yield from (f"{form[:place]}*{form[place + 1 :]}" for place in range(1, length))
        return
    for start in range(1, length):
        for end in range(start + 1, length + (1 if strong else 0)):
            kept = length - (end - start)
            if kept >= (2 if end < length else max(3, (length + 1) // 2)):
                yield form[:start] + "*" * (end - start) + form[end:]
    if strong:
        yield form[0] + "".join("*" if char in "aeiou" else char for char in form[1:])


def _torn(form: str) -> Iterator[tuple[str, str]]:
    """In two parts of which one at least is no word of its own, nor a single letter."""
    if len(form) < _SHORTEST_STARRED:
        return
    for cut in range(1, len(form)):
        parts = form[:cut], form[cut:]
        if any(len(part) > 1 and part not in pieces() for part in parts):
            yield parts
