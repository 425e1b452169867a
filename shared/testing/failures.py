"""What a log tells of exceptions that nobody foresaw: promised to be nothing, whatever is done to a service."""

import re

_TRACE = re.compile(r'Traceback|^[^\n]*? File "|"exception":', re.MULTILINE)
_BEFORE, _AFTER = 2_000, 4_000


def unforeseen(log: str) -> str:
    """The log around its first stack trace; nothing when there is none."""
    found = _TRACE.search(log)
    return log[max(0, found.start() - _BEFORE) : found.start() + _AFTER] if found else ""
