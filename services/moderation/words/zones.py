"""What the matcher leaves alone: code between backticks, web addresses, e-mail addresses."""

import re

# Every part is bounded or stops at the first character that does not fit, so nothing is read twice.
_URL = re.compile(r"(?:\bhttps?://|\bwww\.)[^\s<>\"`]+", re.IGNORECASE)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_TICKS = re.compile(r"`+")


def zones(text: str) -> list[tuple[int, int]]:
    """The spans, in order; they may overlap."""
    found: list[tuple[int, int]] = []
    if "`" in text:
        found += _code(text)
    if "://" in text or "www." in text or "WWW." in text:
        found += [match.span() for match in _URL.finditer(text)]
    if "@" in text and "." in text:
        found += [match.span() for match in _EMAIL.finditer(text)]
    found.sort()
    return found


def _code(text: str) -> list[tuple[int, int]]:
    """A run of backticks opens, the next run of the same length closes, as in Markdown."""
    runs = [match.span() for match in _TICKS.finditer(text)]
    later: dict[int, list[int]] = {}
    for number in range(len(runs) - 1, -1, -1):
        later.setdefault(runs[number][1] - runs[number][0], []).append(number)
    found, number = [], 0
    while number < len(runs):
        start, end = runs[number]
        same = later[end - start]
        while same and same[-1] <= number:
            same.pop()
        if same:
            number = same[-1]
            found.append((start, runs[number][1]))
        number += 1
    return found
