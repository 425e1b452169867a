"""Finds words that are spelled out: `f u c k`, `f.u.c.k`, `fu c k`; given are runs of short tokens."""

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate

from services.moderation.words.lexicon import Collapsed, Lexicon
from services.moderation.words.terms import Term
from services.moderation.words.tokens import EDGES, found_in, plain, plain_l

Token = tuple[int, int, str]
Hit = tuple[int, int, Term]

FEWEST = 3
LONGEST_PIECE = 2
# What may stand between two letters of one word: at most three characters, and never a backtick or the end of a zone.
_BETWEEN = re.compile(r"[^a-z0-9\x00\x7f`]{1,3}")
# Signs that only separate when they stand alone; `!` and `|` may be letters.
_SEPARATE = frozenset(("'", "+", "*", "#", "%", "&", "**", "##", "''", "&&", "++"))
# Words of one letter, after and before which a spelled word may stand.
_ALONE = frozenset("aiu")


def spelled(lexicon: Lexicon, text: str, run: Sequence[Token]) -> Iterator[Hit]:
    """The blocked words that the run spells."""
    for part in _unbroken(text, run):
        if len(part) >= FEWEST:
            yield from _joined(lexicon, part)


def outside(hits: list[Hit], free: Sequence[Hit]) -> list[Hit]:
    """The hits that do not lie within what is free."""
    covered: set[int] = set()
    for start, end, _ in free:
        covered.update(range(start, end))
    return [hit for hit in hits if hit[0] not in covered or hit[1] - 1 not in covered]


def beside(text: str, end: int, start: int) -> bool:
    """Whether what ends here and what starts there may be parts of one word."""
    return start - end <= 3 and _BETWEEN.fullmatch(text, end, start) is not None


def _unbroken(text: str, run: Sequence[Token]) -> Iterator[list[Token]]:
    """The parts of the run without a wide gap; signs on their own only separate."""
    part: list[Token] = []
    for token in run:
        if token[2] in _SEPARATE:
            continue
        if part and not beside(text, part[-1][1], token[0]):
            yield part
            part = []
        part.append(token)
    yield part


def _joined(lexicon: Lexicon, part: list[Token]) -> Iterator[Hit]:
    letters = [plain(token[2].strip(EDGES) or token[2]) for token in part]
    yield from _read(lexicon, part, letters)
    other = [plain_l(token[2].strip(EDGES) or token[2]) for token in part]
    if other != letters:
        yield from _read(lexicon, part, other)


def _read(lexicon: Lexicon, part: list[Token], letters: list[str]) -> Iterator[Hit]:
    begins = {begin: number for number, begin in enumerate(accumulate(map(len, letters), initial=0))}
    collapsed = Collapsed.of("".join(letters))
    starts = [0, *accumulate(collapsed.counts)]
    for start, end, form in found_in(lexicon.any_form, collapsed):
        # The letter before the word, or after it, may be the same as its first or last one.
        first = begins.get(starts[start], begins.get(starts[start + 1] - form.counts[0]))
        after = begins.get(starts[end], begins.get(starts[end - 1] + form.counts[-1]))
        if first is None or after is None or not _is_spelled(part[first:after], len(form.counts)):
            continue
        if form.term.strong or _stands_alone(part, first, after - 1):
            yield part[first][0], part[after - 1][1], form.term


def _is_spelled(pieces: list[Token], length: int) -> bool:
    """Mostly single letters, and letters rather than digits."""
    single = sum(len(piece[2]) == 1 for piece in pieces)
    digits = sum(piece[2][0].isdigit() for piece in pieces)
    return (
        len(pieces) >= FEWEST
        and 2 * single >= len(pieces)
        and (not digits or (length > FEWEST and 2 * digits <= length))
    )


def _stands_alone(part: list[Token], first: int, last: int) -> bool:
    """Not in the middle of a longer word that is spelled out."""
    before = part[first - 1][2] if first else "a"
    after = part[last + 1][2] if last + 1 < len(part) else "a"
    return all(len(piece) > 1 or piece in _ALONE for piece in (before, after))
