"""The work grows with the text and no faster, whatever somebody writes: counted in steps of the interpreter."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from services.moderation.words import terms
from services.moderation.words.matcher import Matcher, mask

MATCHER = Matcher(terms.blocked(), terms.allowed())
SIZE = 500

ADVERSARIES: dict[str, Callable[[int], str]] = {
    "one letter": lambda size: "a" * size,
    "a word without end": lambda size: ("shi" * size)[:size],
    "single letters": lambda size: "a " * (size // 2),
    "spelled words": lambda size: "f u c k " * (size // 8),
    "half of one": lambda size: "f u c " * (size // 6),
    "dots": lambda size: "f." * (size // 2),
    "stars": lambda size: "f*" * (size // 2),
    "only stars": lambda size: "*" * size,
    "signs": lambda size: "!@$|+" * (size // 5),
    "digits": lambda size: "1!|4@" * (size // 5),
    "repeats": lambda size: "f" + "u" * size + "ck",
    "phrases": lambda size: "moby dick " * (size // 10),
    "nearly phrases": lambda size: "son of a " * (size // 9),
    "backticks": lambda size: "".join("`" * (1 + number % 7) + "x" for number in range(size // 5)),
    "addresses": lambda size: "http://a www.b a@b.c " * (size // 21),
    "nearly addresses": lambda size: "a@" * (size // 2),
    "marks": lambda size: "a" + "\u0301" * size,
    "invisible": lambda size: "f\u200b" * (size // 2),
    "ligatures": lambda size: "ﬀ" * size,
    "curses": lambda size: "fuck " * (size // 5),
    "other scripts": lambda size: "жабс" * (size // 4),
}


def steps(text: str) -> int:
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        count += 1
        return trace

    mask([MATCHER], text)  # what is new to the caches is learned first
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        mask([MATCHER], text)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("name", ADVERSARIES)
def test_twice_the_text_is_at_most_twice_the_work(name: str) -> None:
    small, large = steps(ADVERSARIES[name](SIZE)), steps(ADVERSARIES[name](4 * SIZE))
    assert large <= 4 * small + 400, f"{small} steps for {SIZE} characters, {large} for {4 * SIZE}"
    assert large <= 60 * 4 * SIZE
