"""The data set, made anew at each run and always the same: disguised words in sentences, and clean sentences.

The parts have no disguise, carrier or innocent word in common, and few blocked words. The second part was once held out
(recall 0.939, precision 1.000 at first sight, before anything was changed because of it); the one that is held out now
was written after that and measured when lists and matcher were done.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from bench.moderation import disguises, words
from bench.moderation.disguises import Disguise

_SEED = 20_261_125
_ROUNDS = 2
_CLEAN = 2_500


@dataclass(frozen=True, slots=True)
class Part:
    """Disguised words in sentences, by disguise, and sentences in which there is nothing to find."""

    name: str
    evasions: list[tuple[str, str]]
    clean: list[str]


def parts() -> list[Part]:
    """The two that were looked at, and the one held out."""
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
    held_out = Part(
        "held out",
        _evasions(words.HELD_OUT_BAD, disguises.HELD_OUT, words.HELD_OUT_CARRIERS, _SEED + 2),
        _clean(words.INNOCENT_HELD_OUT, 0, _SEED + 2),
    )
    return [tuning, seen, held_out]


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
