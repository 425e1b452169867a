"""The parts of RFC 9110 that a content's GET needs: one byte range, and entity tags."""

import re
from dataclasses import dataclass

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes `start` up to, and without, `stop`."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        return self.stop - self.start


class NotSatisfiable(Exception):
    """The range asked for lies outside the content."""


def requested_span(header: str | None, size: int) -> Span | None:
    """The bytes asked for, None when all are. Anything but one well-formed range means all, as the RFC allows:
    so a header with 10,000 ranges costs one look.
    """
    match = _RANGE.fullmatch(header.strip()) if header and len(header) <= 64 else None
    if match is None or match.group() == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        return _checked(max(size - int(last), 0), size, size)
    if last and int(last) < int(first):
        return None
    return _checked(int(first), min(int(last) + 1, size) if last else size, size)


def tag_matches(header: str | None, tag: str) -> bool:
    """Whether `If-None-Match` names this entity tag; tags are compared weakly."""
    if header is None:
        return False
    return header.strip() == "*" or any(part.strip().removeprefix("W/") == tag for part in header.split(","))


def _checked(start: int, stop: int, size: int) -> Span:
    if start >= size or stop <= start:
        raise NotSatisfiable
    return Span(start, stop)
