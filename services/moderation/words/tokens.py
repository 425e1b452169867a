"""Judges one word of a text: is it a blocked one in some disguise?"""

from collections.abc import Iterator

import ahocorasick

from services.moderation.words.lexicon import Collapsed, Form, Lexicon
from services.moderation.words.terms import Term

EDGES = "'!|+*#%&"
_STARS = str.maketrans("#%&", "***")
_ANY_SIGN = str.maketrans("#%&@$!|+", "********")
_LEET = str.maketrans("013457896@$!|+", "oieastbgbasiit")
_LEET_L = str.maketrans("1!|6", "lllg")
_DIGITS = "0123456789"
_SIGNS = frozenset("0123456789@$!|+")
_LONGEST_WORD = 40
_SHORTEST_SWAPPED = 4
_SHORTEST_DRAWN = 4
# Letters that stand in for others, tried one after the other: for words that are also found inside others, and l for i.
_SWAPS = (
    ("v", "u"),
    ("y", "u"),
    ("ph", "f"),
    ("q", "g"),
    ("l", "i"),
    ("z", "s"),
    ("k", "c"),
    ("kk", "ck"),
    ("xx", "ck"),
)


def judge(lexicon: Lexicon, token: str) -> Term | None:
    """The term that the token is a form of; its edges do not count."""
    core = token.strip(EDGES)
    if len(core) < 2:
        return None
    term = lexicon.forms.get(core) or _core(lexicon, core)
    if term is None and core[-1] in _DIGITS:
        term = judge(lexicon, core.rstrip(_DIGITS))
    if term is None and token[-1] == "+":
        term = _core(lexicon, f"{core}+")
    return term


def _core(lexicon: Lexicon, core: str) -> Term | None:
    if core.isalpha():
        return _word(lexicon, core)
    return _disguised(lexicon, core)


def plain(token: str) -> str:
    """The token as letters, to be joined with its neighbours."""
    return token.translate(_STARS).translate(_LEET)


def plain_l(token: str) -> str:
    """The same, with an l for what may be an i or an l."""
    return token.translate(_STARS).translate(_LEET_L).translate(_LEET)


def _disguised(lexicon: Lexicon, core: str) -> Term | None:
    if core in lexicon.forms:
        return lexicon.forms[core]
    for variant in _variants(core):
        if variant.isalpha() and (term := _word(lexicon, variant)):
            return term
    if len(core) <= _LONGEST_WORD:
        if (term := lexicon.starred.get(core.translate(_STARS))) is not None:
            return term
        term = lexicon.starred.get(core.translate(_ANY_SIGN))
        return term if term is not None and term.strong else None
    return None


def _variants(core: str) -> Iterator[str]:
    """The ways to read what is written with apostrophes, stars between letters, digits and signs."""
    if "'" in core:
        yield core.split("'")[0]
        yield core.rsplit("'")[0]
        core = core.replace("'", "")
        yield core
    bare = core.translate(_STARS).replace("*", "")
    if len(bare) < len(core) and len(bare) * 2 > len(core) - 1 and len(bare) > 3:
        yield bare
    drawn = Collapsed.of(bare).text if len(bare) > _SHORTEST_DRAWN else bare
    if 2 * sum(char in _DIGITS for char in drawn) <= len(drawn) and not _SIGNS.isdisjoint(bare):
        yield bare.translate(_LEET)
        yield bare.translate(_LEET_L).translate(_LEET)
        yield bare.replace("|", "l").translate(_LEET)
        if bare[0] == "@":
            yield bare[1:].translate(_LEET)


def _word(lexicon: Lexicon, word: str) -> Term | None:
    if word in lexicon.allowed:
        return None
    if (term := lexicon.forms.get(word)) is not None:
        return term
    collapsed = Collapsed.of(word)
    for form in lexicon.collapsed.get(collapsed.text, ()):
        if _repeats(form, collapsed.counts):
            return form.term
    return _inside(lexicon, collapsed) or _swapped(lexicon, word)


def _repeats(form: Form, counts: tuple[int, ...]) -> bool:
    """Whether these counts are the form's with letters repeated; once more is often another word (raper, rapper)."""
    if any(have < need for have, need in zip(counts, form.counts, strict=True)):
        return False
    more = [have for have, need in zip(counts, form.counts, strict=True) if have > need]
    return form.term.strong or len(more) > 1 or all(have > 2 for have in more)


def _inside(lexicon: Lexicon, collapsed: Collapsed) -> Term | None:
    for start, _, form in found_in(lexicon.inside, collapsed):
        if start == 0 or form.term.reach == "inside":
            return form.term
    return None


def found_in(automaton: ahocorasick.Automaton | None, collapsed: Collapsed) -> Iterator[tuple[int, int, Form]]:
    """Where forms stand in a collapsed text, in its positions."""
    if automaton is None:
        return
    for last, forms in automaton.iter(collapsed.text):
        for form in forms:
            start = last + 1 - len(form.counts)
            counts = collapsed.counts[start : last + 1]
            if all(have >= need for have, need in zip(counts, form.counts, strict=True)):
                yield start, last + 1, form


def _swapped(lexicon: Lexicon, word: str) -> Term | None:
    if len(word) > _LONGEST_WORD:
        return None
    for old, new in _SWAPS:
        if old in word:
            swapped = word.replace(old, new)
            term = lexicon.forms.get(swapped)
            if term is not None and (term.strong or (old == "l" and len(swapped) >= _SHORTEST_SWAPPED)):
                return term
    return None
