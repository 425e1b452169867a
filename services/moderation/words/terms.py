"""Words as lists write them, and all the forms in which they are looked for."""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from services.moderation.words.folding import FOREIGN, fold

_VOWELS = frozenset("aeiou")
_ENDINGS = ("s", "es", "ed", "er", "ers", "in", "ing", "ings", "y", "ier", "iest", "ies")


@dataclass(frozen=True, slots=True)
class Term:
    """A blocked word or phrase, folded.

    `reach` says where it counts: as a whole word, at the start of longer ones too, or anywhere inside of them.
    """

    text: str
    reach: Literal["whole", "start", "inside"] = "whole"
    inflected: bool = False

    @property
    def strong(self) -> bool:
        """Nothing innocent looks like it, so every disguise of it counts."""
        return self.reach != "whole"

    def forms(self) -> Iterator[str]:
        """The word with the endings that it takes."""
        yield self.text
        if " " in self.text:
            return
        if self.text[-1:] not in ("s", "y"):
            yield self.text + "s"
        if self.inflected or self.strong:
            yield from (stem + ending for ending in _ENDINGS for stem in _stems(self.text, ending))


def parse(lines: Iterable[str]) -> list[Term]:
    """The terms of a word file: `word`, `word+`, `word*`, `*word`, and `#` for remarks."""
    return [_term(line) for line in lines if line and not line.startswith("#")]


def custom(words: Iterable[str]) -> tuple[list[Term], list[str]]:
    """Words of an admin or moderator: those that the matcher takes in every disguise, and those to find as they stand.

    A star before or after a word says that it counts within longer ones, or at their start.
    """
    terms, literals = [], []
    for word in words:
        if is_plain(bare := word.strip("*")):
            terms.append(_term(word.replace(bare, fold(bare).text)))
        else:
            literals.append(bare)
    return terms, literals


def is_plain(word: str) -> bool:
    """Whether a word is made of what the matcher knows: Latin letters, accents or not, digits, single spaces."""
    folded = fold(word).text
    latin = all(char.isascii() or "LATIN" in unicodedata.name(char, "") for char in word)
    return latin and FOREIGN not in folded and all(part.isalnum() for part in folded.split(" "))


@cache
def blocked() -> tuple[Term, ...]:
    """The list that comes with the service."""
    return tuple(parse(_lines("blocked.txt")))


@cache
def allowed() -> frozenset[str]:
    """Innocent words and phrases that hold a blocked one."""
    return frozenset(line for line in _lines("allowed.txt") if line and not line.startswith("#"))


@cache
def pieces() -> frozenset[str]:
    """Short words that stand alone in ordinary writing."""
    return frozenset(word for line in _lines("pieces.txt") if not line.startswith("#") for word in line.split())


def _lines(name: str) -> list[str]:
    return (files("services.moderation.words") / name).read_text("utf-8").splitlines()


def _term(line: str) -> Term:
    text = line.strip("*").removesuffix("+")
    if line.startswith("*"):
        return Term(text, "inside")
    return Term(text, "start" if line.endswith("*") else "whole", inflected=line.endswith("+"))


def _stems(word: str, ending: str) -> Iterator[str]:
    """The word as it stands before an ending: doubled (slut, slutty), without its e (shite, shiting)."""
    if word.endswith("e"):
        yield word[:-1]
        return
    yield word
    if (
        ending not in ("s", "es")
        and len(word) > 2
        and word[-1] not in _VOWELS | {"w", "x", "y"}
        and word[-2] in _VOWELS
    ):
        yield word + word[-1]
