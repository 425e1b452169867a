"""Ways in which people disguise a word: each takes the word and a source of chance, and gives what is written."""

import random
import unicodedata
from collections.abc import Callable

Disguise = Callable[[str, random.Random], str]

LEET = {"a": "@4", "e": "3", "i": "1!", "o": "0", "s": "$5", "t": "7+", "b": "8", "g": "9", "l": "1|"}
CYRILLIC = dict(zip("aceiopsuxyhkmt", "асеіорѕцхуһкмт", strict=True))
GREEK = dict(zip("aeiknoptuvxy", "αεικηορτυνχγ", strict=True)) | {"y": "υ"}
ACCENTS = {
    "a": "áàâäãå",
    "e": "éèêë",
    "i": "íìîï",
    "o": "óòôöõø",
    "u": "úùûü",
    "c": "çć",
    "n": "ñń",
    "s": "šś",
    "k": "ķ",
}
INVISIBLE = "\u200b\u200c\u200d\u2060\u00ad\ufeff"
EMOJI = "😀🔥💀❤🎉"


def swap(table: dict[str, str], share: float) -> Disguise:
    """Some letters by others that look like them, one at least."""

    def disguised(word: str, chance: random.Random) -> str:
        able = [place for place, char in enumerate(word) if char in table]
        if not able:
            return word
        chosen = set(chance.sample(able, max(1, round(share * len(able)))))
        return "".join(chance.choice(table[char]) if place in chosen else char for place, char in enumerate(word))

    return disguised


def separated(*separators: str) -> Disguise:
    """The same thing between all letters."""
    return lambda word, chance: chance.choice(separators).join(word)


def starred(word: str, chance: random.Random) -> str:
    """One inner letter, or all of them, starred out."""
    star = chance.choice("**#")
    if chance.random() < 0.5:
        return word[0] + star * (len(word) - 2) + word[-1]
    place = chance.randrange(1, len(word) - 1)
    return word[:place] + star + word[place + 1 :]


def stretched(word: str, chance: random.Random) -> str:
    """One letter, or each, several times."""
    if chance.random() < 0.3:
        return "".join(char * chance.randint(2, 4) for char in word)
    place = chance.randrange(len(word))
    return word[:place] + word[place] * chance.randint(3, 7) + word[place + 1 :]


def shifted(first: int) -> Disguise:
    """Letters of another alphabet of Unicode: full-width, mathematical, circled."""
    return lambda word, _: "".join(chr(first + ord(char) - ord("a")) for char in word)


def torn(word: str, chance: random.Random) -> str:
    """A space somewhere inside."""
    place = chance.randrange(1, len(word))
    return f"{word[:place]} {word[place:]}"


def invisible(word: str, chance: random.Random) -> str:
    """Characters that nobody sees between the letters."""
    return "".join(char + (chance.choice(INVISIBLE) if chance.random() < 0.6 else "") for char in word[:-1]) + word[-1]


def marked(word: str, chance: random.Random) -> str:
    """Combining marks on the letters."""
    return "".join(
        char + "".join(chance.sample("\u0301\u0308\u0336\u0323\u0334", chance.randint(1, 3))) for char in word
    )


def cased(word: str, chance: random.Random) -> str:
    """Capitals here and there."""
    return "".join(char.upper() if chance.random() < 0.5 else char for char in word)


def decomposed(word: str, chance: random.Random) -> str:
    """Accents, written apart from their letters."""
    return unicodedata.normalize("NFD", swap(ACCENTS, 0.7)(word, chance))


def both(one: Disguise, other: Disguise) -> Disguise:
    """One on top of the other."""
    return lambda word, chance: other(one(word, chance), chance)


TUNING: dict[str, Disguise] = {
    "plain": lambda word, _: word,
    "case": cased,
    "leet": swap(LEET, 0.6),
    "dots": separated(".", "-", "_"),
    "spaces": separated(" "),
    "stars": starred,
    "stretched": stretched,
    "full width": shifted(0xFF41),
    "cyrillic": swap(CYRILLIC, 0.7),
    "greek": swap(GREEK, 0.7),
    "accents": swap(ACCENTS, 0.7),
    "invisible": invisible,
    "torn": torn,
}
SEEN: dict[str, Disguise] = {
    "capital leet": both(swap(LEET, 0.3), cased),
    "odd separators": separated("*", "~", " . ", "/", "  ", ", "),
    "emoji between": lambda word, chance: chance.choice(EMOJI).join(word),
    "mathematical": shifted(0x1D41A),
    "circled": shifted(0x24D0),
    "fraktur": shifted(0x1D586),
    "combining marks": marked,
    "accents apart": decomposed,
    "cyrillic, stretched": both(swap(CYRILLIC, 0.4), stretched),
    "leet, spaced": both(swap(LEET, 0.3), separated(" ", ".")),
    "stars in capitals": both(starred, cased),
    "invisible, accents": both(swap(ACCENTS, 0.4), invisible),
    "glued": lambda word, chance: chance.choice(("you", "super", "mega", "total")) + word,
    "shouted": lambda word, chance: word.upper() + "!" * chance.randint(1, 5),
    "plural": lambda word, _: word + "s",
}
SEEN_TOO: dict[str, Disguise] = {
    "sans-serif": shifted(0x1D5BA),
    "monospaced": shifted(0x1D68A),
    "parenthesised": shifted(0x249C),
    "squared": shifted(0x1F170),
    "flags": shifted(0x1F1E6),
    "leet, stretched": both(swap(LEET, 0.4), stretched),
    "cyrillic, dots": both(swap(CYRILLIC, 0.5), separated(".", "_", "-")),
    "greek, invisible": both(swap(GREEK, 0.5), invisible),
    "accents, spaced": both(swap(ACCENTS, 0.5), separated(" ", "  ", " - ")),
    "leet, marks": both(swap(LEET, 0.5), marked),
    "hyphenated": lambda word, chance: "-".join(torn(word, chance).split(" ")),
    "one star": lambda word, chance: word[:1] + "*" + word[2:],
    "quoted": lambda word, chance: chance.choice("'\"") + cased(word, chance) + chance.choice("'\""),
    "tagged": lambda word, chance: chance.choice("#@") + word,
    "numbered": lambda word, chance: word + str(chance.randint(1, 99)),
    "backwards": lambda word, chance: word[::-1],
}


def _of(table: dict[str, Disguise], number: int) -> Disguise:
    return list(table.values())[number]


# Two at a time, of all the above, as they come.
HELD_OUT: dict[str, Disguise] = {
    "case, dots": both(cased, separated(".", "-", "_")),
    "accents, stretched": both(swap(ACCENTS, 0.5), stretched),
    "stretched, leet": both(stretched, swap(LEET, 0.3)),
    "greek, spaces": both(swap(GREEK, 0.4), separated(" ")),
    "cyrillic, greek": both(swap(CYRILLIC, 0.3), swap(GREEK, 0.3)),
    "torn capitals": both(torn, cased),
    "leet, invisible": both(swap(LEET, 0.4), invisible),
    "full width, invisible": both(shifted(0xFF41), invisible),
    "cyrillic, marks": both(swap(CYRILLIC, 0.5), marked),
    "star, accents": both(starred, swap(ACCENTS, 0.5)),
    "double-struck": shifted(0x1D552),
    "bold fraktur, spaced": both(shifted(0x1D586), separated(" ", ".")),
    "tagged leet": both(swap(LEET, 0.3), _of(SEEN_TOO, -3)),
    "backwards capitals": both(_of(SEEN_TOO, -1), cased),
}
