"""Nothing secret in a log: not by its name, not by its form, not by way of an error's message."""

import re
import traceback
from functools import lru_cache
from typing import Any

_HIDDEN = "***"
_LONGEST_MESSAGE = 300
_NO_TEXT = (int, float, bool, type(None))
_WORDS = "password|passwd|secret|token|ticket|authorization|cookie|credential|api_?key"
_SECRET_NAME = re.compile(_WORDS, re.IGNORECASE)
_SECRET_FORMS = (
    (re.compile(r"\b(bearer|basic) +[^\s,;\"']+", re.IGNORECASE), r"\1 ***"),
    (re.compile(rf"((?:{_WORDS})[\"']?[=:] ?)[^\s&,;]+", re.IGNORECASE), r"\1***"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?"), _HIDDEN),
    (re.compile(r"(://[^/\s:@]{0,64}:)[^@/\s]+@"), r"\1***@"),
)


def redacted(value: Any) -> Any:
    """`value`, with what looks like a secret replaced."""
    if isinstance(value, str):
        # None of the forms lacks all of these; most of what is logged does, and the forms are slow to look for.
        if "=" not in value and ":" not in value and " " not in value and "eyJ" not in value:
            return value
        for form, replacement in _SECRET_FORMS:
            value = form.sub(replacement, value)
        return value
    if isinstance(value, dict):
        return {
            key: _HIDDEN if _names_a_secret(str(key)) else item if type(item) in _NO_TEXT else redacted(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [redacted(item) for item in value]
    return value


def _telling(frames: traceback.StackSummary) -> list[traceback.FrameSummary]:
    # The way through a framework is the same every time; ours, and where it ended, is what tells.
    return [frame for at, frame in enumerate(frames, 3) if at > len(frames) or "site-packages" not in frame.filename]


@lru_cache(maxsize=1024)
def _names_a_secret(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None


def described(exc: BaseException) -> str:
    """Where an error came from and what it is, with its causes, and of each message the first line only.

    The further lines are where databases and validators repeat the values that they were given.
    """
    blocks: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = exc
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        message = str(current).partition("\n")[0][:_LONGEST_MESSAGE]
        frames = "".join(traceback.format_list(_telling(traceback.extract_tb(current.__traceback__))))
        blocks.append(f"{frames}{type(current).__qualname__}: {message}")
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\n-- which led to --\n".join(reversed(blocks))
