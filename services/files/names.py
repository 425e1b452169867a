"""File names as people see them. What a client calls its file is shown again, and never used as a path."""

import re
import unicodedata
from urllib.parse import quote

MAX_NAME = 200
FALLBACK = "file"

_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
_QUOTABLE = frozenset("!#$&+-.^_`|~ ()[]{}@=,") | frozenset(
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)


def display_name(raw: str) -> str:
    """A name that is safe to show and to save under: the last part of a path, without control characters or marks
    that turn the writing direction, not hidden, not a device of Windows, 200 characters at most.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", raw))[-1]
    shown = "".join(char for char in last if unicodedata.category(char)[0] != "C")
    name = _shorten(" ".join(shown.split()).strip(". "))
    if not name:
        return FALLBACK
    return f"_{name}" if _DEVICES.match(name) else name


def extension(name: str) -> str:
    """The part after the last dot in lower case, empty without one."""
    stem, dot, end = name.rpartition(".")
    return end.lower() if dot and stem else ""


def content_disposition(kind: str, name: str) -> str:
    """The header of RFC 6266: an ASCII spelling for old clients, and the true one as RFC 8187 has it."""
    plain = "".join(char if char in _QUOTABLE else "_" for char in name)
    if plain == name:
        return f'{kind}; filename="{plain}"'
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _shorten(name: str) -> str:
    if len(name) <= MAX_NAME:
        return name
    ending = extension(name)
    keep = f".{ending}" if 0 < len(ending) <= 16 else ""
    return name[: MAX_NAME - len(keep)].rstrip(". ") + keep
