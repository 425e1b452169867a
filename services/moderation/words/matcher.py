"""Finds blocked words in a text and masks them.

A text is folded once and cut into tokens. A token is looked up (and remembered, since people use few words), it and the
one before are tried as one torn word, and runs of short tokens are read as one spelled word. All of it is linear in the
length of the text; nothing searches back.
"""

import re
from collections.abc import Collection, Iterable, Sequence

from services.moderation.words.folding import fold
from services.moderation.words.lexicon import Lexicon
from services.moderation.words.literals import Literals
from services.moderation.words.phrases import Phrases
from services.moderation.words.spelled import FEWEST, LONGEST_PIECE, Hit, Token, beside, spelled
from services.moderation.words.terms import Term
from services.moderation.words.tokens import EDGES, judge
from services.moderation.words.zones import zones

_TOKEN = re.compile(r"[a-z0-9\x7f@$!|+*#%&']+")
_MOST_CACHED = 50_000
_LONGEST_CACHED = 32
_CLEAN = Term("")
_MOST_ROUNDS = 4
_DASHES = frozenset("-_.~^=")


class Matcher:
    """Looks for blocked terms, and for `literals` as they stand; `allowed` words and phrases are let pass."""

    def __init__(self, terms: Iterable[Term], allowed: Collection[str] = (), literals: Iterable[str] = ()) -> None:
        self._lexicon = lexicon = Lexicon(terms, frozenset(allowed))
        self._literals = Literals(each for each in literals if each not in allowed)
        self._blocked = Phrases(lexicon.phrases)
        self._allowed = Phrases((each, _CLEAN) for each in allowed if " " in each)
        self._seen: dict[str, Term] = {}

    def find(self, text: str) -> list[Hit]:
        """What is blocked, as spans of the text in order that do not overlap, with the terms."""
        text = _without_zones(text)
        folded = fold(text)
        hits = [(*folded.span(start, end), term) for start, end, term in self._hits(folded.text)]
        hits += self._literals.find(text)
        return _merged(hits) if hits else []

    def _hits(self, text: str) -> list[Hit]:
        seen, torn, lexicon = self._seen, self._lexicon.torn, self._lexicon
        tokens: list[Token] = []
        hits: list[Hit] = []
        run: list[Token] = []
        before, ended = "", 0
        term: Term | None
        for match in _TOKEN.finditer(text):
            word = match.group()
            start, end = match.span()
            token = (start, end, word)
            tokens.append(token)
            term = seen.get(word) or self._judge(word)
            if term is not _CLEAN:
                hits.append((*_core(token), term))
            if before in torn and word in torn[before] and beside(text, ended, start):
                hits.append((tokens[-2][0], end, torn[before][word]))
            elif start - ended == 1 and text[ended] in _DASHES and (term := self._dashed(before, word)):
                hits.append((tokens[-2][0], end, term))
            if end - start <= LONGEST_PIECE:
                run.append(token)
            elif run:
                if len(run) >= FEWEST:
                    hits += spelled(lexicon, text, run)
                run = []
            before, ended = word, end
        if len(run) >= FEWEST:
            hits += spelled(lexicon, text, run)
        hits += self._blocked.find(tokens)
        return self._allowed.without(tokens, hits) if hits else hits

    def _dashed(self, before: str, word: str) -> Term | None:
        """A dash or a dot for one letter: `f-ck`."""
        term = self._lexicon.starred.get(f"{before}*{word}")
        return term if term is not None and term.strong else None

    def _judge(self, word: str) -> Term:
        term = judge(self._lexicon, word) or _CLEAN
        if len(word) <= _LONGEST_CACHED:
            if len(self._seen) >= _MOST_CACHED:
                self._seen.clear()
            self._seen[word] = term
        return term


def _core(token: Token) -> tuple[int, int]:
    """Without the signs around the word."""
    start, end, word = token
    return start + len(word) - len(word.lstrip(EDGES)), end - len(word) + len(word.rstrip(EDGES))


def find(matchers: Sequence[Matcher], text: str, allowed: Collection[str] = ()) -> list[Hit]:
    """What any of them blocks and `allowed` does not let pass."""
    hits = [hit for matcher in matchers for hit in matcher.find(text)]
    if not allowed:
        return hits
    return [hit for hit in hits if hit[2].text not in allowed and text[hit[0] : hit[1]].lower() not in allowed]


def mask(matchers: Sequence[Matcher], text: str, allowed: Collection[str] = ()) -> str:
    """The text with every blocked character as a star, the rest untouched, and nothing left to mask."""
    for _ in range(_MOST_ROUNDS):
        hits = find(matchers, text, allowed)
        if not hits:
            break
        text = starred_out(text, [(start, end) for start, end, _ in hits])
    return text


def starred_out(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with these spans as stars."""
    chars = list(text)
    for start, end in spans:
        chars[start:end] = "*" * (end - start)
    return "".join(chars)


def _without_zones(text: str) -> str:
    """The same length, with nothing to be found in what is left alone."""
    free = zones(text)
    if not free:
        return text
    chars = list(text)
    for start, end in free:
        chars[start:end] = "\0" * (end - start)
    return "".join(chars)


def _merged(hits: list[Hit]) -> list[Hit]:
    merged: list[Hit] = []
    for start, end, term in sorted(hits, key=lambda hit: hit[:2]):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]), merged[-1][2])
        else:
            merged.append((start, end, term))
    return merged
