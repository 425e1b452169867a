"""The data set, made anew at each run and always the same: disguised words in sentences, and clean sentences.

The parts have no blocked or innocent word and no carrier in common. The second and the third part were held out once:
at first sight, before anything was changed because of them, they gave a recall of 0.939 and 0.927 at a precision of
1.000 and 0.983. The one that is held out now was written after that, and measured when lists and matcher were done.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from bench.moderation import disguises, words
from bench.moderation.disguises import Disguise

_SEED = 20_261_125
_ROUNDS = 2
_CLEAN = 2_000


@dataclass(frozen=True, slots=True)
class Part:
    """Disguised words in sentences, by disguise, and sentences in which there is nothing to find."""

    name: str
    evasions: list[tuple[str, str]]
    clean: list[str]


def parts() -> list[Part]:
    """The three that were looked at, and the one held out."""
    tuning = Part(
        "tuning",
        _evasions(words.TUNING_BAD, disguises.TUNING, words.CARRIERS, _SEED),
        _clean(words.INNOCENT, 0, _SEED),
    )
    seen = Part(
        "seen",
        _evasions(words.SEEN_BAD, disguises.SEEN, words.SEEN_CARRIERS, _SEED + 1),
        _clean(words.INNOCENT_SEEN, 1, _SEED + 1),
    )
    seen_too = Part(
        "seen too",
        _evasions(words.SEEN_TOO_BAD, disguises.SEEN_TOO, words.SEEN_TOO_CARRIERS, _SEED + 2),
        _clean(words.INNOCENT_SEEN_TOO, 0, _SEED + 2),
    )
    held_out = Part(
        "held out",
        _evasions(words.HELD_OUT_BAD, disguises.HELD_OUT, words.HELD_OUT_CARRIERS, _SEED + 3),
        _clean(words.INNOCENT_HELD_OUT, 1, _SEED + 3),
    )
    return [tuning, seen, seen_too, held_out]


def _evasions(
    bad: Sequence[str], ways: Mapping[str, Disguise], carriers: Sequence[str], seed: int
) -> list[tuple[str, str]]:
    chance = random.Random(seed)
    made = []
    for (name, disguise), word, _ in product(ways.items(), bad, range(_ROUNDS)):
        made.append((name, chance.choice(carriers).format(disguise(word, chance))))
    return made


def _clean(innocent: Sequence[str], half: int, seed: int) -> list[str]:
    """Ordinary sentences from one half of the vocabulary, and every innocent word in three of them."""
    chance = random.Random(seed)
    subjects, verbs, objects, endings = (
        each[half::2] for each in (words.SUBJECTS, words.VERBS, words.OBJECTS, words.ENDINGS)
    )
    made = dict.fromkeys(
        f"{chance.choice(subjects)} {chance.choice(verbs)} {thing}{chance.choice(endings)}"
        for thing in [each for each in innocent for _ in range(3)]
    )
    while len(made) < _CLEAN:
        one, other = chance.choice(objects), chance.choice(objects)
        link = chance.choice((" and ", ", then ", " or "))
        made[f"{chance.choice(subjects)} {chance.choice(verbs)} {one}{link}{other}{chance.choice(endings)}"] = None
    return list(made)
