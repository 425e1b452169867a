"""Finds blocked words in a text and masks them.

A text is folded once and cut into tokens. A token is looked up (and remembered, since people use few words), it and the
one before are tried as one torn word, and runs of short tokens are read as one spelled word. All of it is linear in the
length of the text; nothing searches back.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise

from services.moderation.words.exempt import Exempt
from services.moderation.words.folding import fold
from services.moderation.words.lexicon import Lexicon
from services.moderation.words.literals import Literals
from services.moderation.words.phrases import Phrases
from services.moderation.words.spelled import FEWEST, LONGEST_PIECE, Hit, Token, beside, spelled
from services.moderation.words.terms import Term
from services.moderation.words.tokens import EDGES, judge
from services.moderation.words.zones import zones

_TOKEN = re.compile(r"[a-z0-9\x7f@$!|+*#%&']+")
_DASHES = frozenset("-_.~^=")
_MOST_CACHED = 50_000
_LONGEST_CACHED = 32
_MOST_ROUNDS = 4
_CLEAN = Term("")


class Matcher:
    """Looks for blocked terms, and for `literals` as they stand; `allowed` words and phrases are let pass."""

    def __init__(self, terms: Iterable[Term], allowed: Collection[str] = (), literals: Iterable[str] = ()) -> None:
        self._lexicon = Lexicon(terms, allowed)
        self._literals = Literals(literals)
        self._blocked = Phrases(self._lexicon.phrases)
        self._allowed = Phrases((each, _CLEAN) for each in allowed if " " in each)
        self._seen: dict[str, Term] = {}

    def find(self, text: str) -> list[Hit]:
        """What is blocked, as spans of the text in order that do not overlap, with the terms."""
        text = _without_zones(text)
        folded = fold(text)
        hits = [(*folded.span(start, end), term) for start, end, term in self._hits(folded.text)]
        hits += self._literals.find(text)
        return _merged(hits) if hits else hits

    def _hits(self, text: str) -> list[Hit]:
        tokens = [(match.start(), match.end(), match.group()) for match in _TOKEN.finditer(text)]
        hits = self._alone(tokens)
        hits += self._torn(text, tokens)
        for run in _short_runs(tokens):
            hits += spelled(self._lexicon, text, run)
        hits += self._blocked.find(tokens)
        return self._allowed.without(tokens, hits) if hits else hits

    def _alone(self, tokens: Sequence[Token]) -> list[Hit]:
        seen, hits = self._seen, []
        for token in tokens:
            term = seen.get(token[2]) or self._judge(token[2])
            if term is not _CLEAN:
                hits.append((*_core(token), term))
        return hits

    def _torn(self, text: str, tokens: Sequence[Token]) -> list[Hit]:
        """Words in two parts, `fu ck`, and words with a dash or a dot for one letter, `f-ck`."""
        torn, hits = self._lexicon.torn, []
        for before, after in pairwise(tokens):
            term = None
            if (seconds := torn.get(before[2])) and beside(text, before[1], after[0]):
                term = seconds.get(after[2].rstrip(EDGES))
            if term is None and after[0] - before[1] == 1 and text[before[1]] in _DASHES:
                starred = self._lexicon.starred.get(f"{before[2]}*{after[2]}")
                term = starred if starred is not None and starred.strong else None
            if term is not None and self._seen.get(before[2]) is self._seen.get(after[2]) is _CLEAN:
                hits.append((before[0], _core(after)[1], term))
        return hits

    def _judge(self, word: str) -> Term:
        term = judge(self._lexicon, word) or _CLEAN
        if len(word) <= _LONGEST_CACHED:
            if len(self._seen) >= _MOST_CACHED:
                self._seen.clear()
            self._seen[word] = term
        return term


def find(matchers: Sequence[Matcher], text: str, exempt: Sequence[Exempt] = ()) -> list[Hit]:
    """What any of them blocks and nothing lets pass."""
    hits = [hit for matcher in matchers for hit in matcher.find(text)]
    for each in exempt:
        hits = each.without(text, hits)
    return hits


def mask(matchers: Sequence[Matcher], text: str, exempt: Sequence[Exempt] = ()) -> str:
    """The text with every blocked character as a star, the rest untouched, and nothing left to mask."""
    for _ in range(_MOST_ROUNDS):
        hits = find(matchers, text, exempt)
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


def _short_runs(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Short tokens that follow each other, when there are enough to spell a word."""
    run: list[Token] = []
    for token in tokens:
        if token[1] - token[0] <= LONGEST_PIECE:
            run.append(token)
        elif run:
            if len(run) >= FEWEST:
                yield run
            run = []
    if len(run) >= FEWEST:
        yield run


def _core(token: Token) -> tuple[int, int]:
    """Without the signs around the word."""
    start, end, word = token
    return start + len(word) - len(word.lstrip(EDGES)), end - len(word) + len(word.rstrip(EDGES))


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
