"""Logs: one line an event, JSON or for the eye, with the request id, and without secrets.

Every library's own logging leaves through the same door.
"""

import json
import logging
import re
import sys

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from shared.clock import present
from shared.lines import LINES
from shared.redaction import described, redacted
from shared.web.request_id import current_request_id

# A line is one event: what could end it or paint a terminal is spelled out, in traces all but the line's end.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_IN_TRACE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_COLOURS = {"debug": "\x1b[2m", "info": "\x1b[32m", "warning": "\x1b[33m", "error": "\x1b[31m", "critical": "\x1b[31m"}
# Said better by us, or with whole URLs in it.
_QUIET = (
    "uvicorn.error",
    "uvicorn.access",
    "asyncio",
    "httpx",
    "httpcore",
    "aiohttp.access",
    "alembic.runtime.plugins",
)


def configure(service: str, format: str = "json", level: str = "info", *, for_good: bool = False) -> None:
    """Send this process's logs, and those of every library, to standard error.

    `for_good` makes logging three times as fast, and a logger that was used once deaf to another call of this. What is
    no warning is written by the event loop within a moment then, and not at once.
    """
    threshold = getattr(logging, level.upper())
    every = _processors(service)
    render = _for_machines if format == "json" else _ForEyes(colours=sys.stderr.isatty())
    structlog.configure(
        processors=[*every, render],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=_PatientDoor if for_good else _Door,
        cache_logger_on_first_use=for_good,
    )
    handler = _LibrariesDoor()
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=every, processors=[strip, render]))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # Libraries' debug lines show what they send.
    root.setLevel(max(threshold, logging.INFO))
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _processors(service: str) -> list[Processor]:
    def complete(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        exc_info = event.pop("exc_info", None)
        exc = sys.exc_info()[1] if exc_info is True else exc_info[1] if isinstance(exc_info, tuple) else exc_info
        if isinstance(exc, BaseException):
            event["exception"] = described(exc)
        hidden: EventDict = redacted(event)
        hidden["service"] = service
        hidden["at"] = present()
        if (request_id := current_request_id()) is not None:
            hidden.setdefault("request_id", request_id)
        return hidden

    return [structlog.processors.add_log_level, complete]


class _Door:
    """Where our own lines leave."""

    def __init__(self, *_: object) -> None:
        """Structlog gives the logger's name, which no line has."""

    def msg(self, line: str) -> None:
        """Write the line."""
        LINES.add_now(line)

    debug = info = warning = error = critical = msg


class _PatientDoor(_Door):
    """The same, where it is not known that somebody waits to read it."""

    def info(self, line: str) -> None:
        """Have the line written within a moment."""
        LINES.add(line)

    debug = info


class _LibrariesDoor(logging.Handler):
    """The same door, for who logs with the standard library."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record as one of our lines."""
        try:
            LINES.add_now(self.format(record))
        except Exception:
            self.handleError(record)


def _for_machines(_: WrappedLogger, __: str, event: EventDict) -> str:
    try:
        line = orjson.dumps(event, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:
        # Text with lone surrogates and numbers beyond 64 bits; a log has to take anything.
        line = json.dumps(event, default=repr, skipkeys=True)
    # What JSON lets stand and some readers take for the end of a line.
    return line if line.isascii() else _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", line)


class _ForEyes:
    """`03:36:00.123 info    rooms      what happened key=value`."""

    def __init__(self, colours: bool) -> None:
        self._colours = colours

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> str:
        at, level, service, what = (str(event.pop(key, "")) for key in ("at", "level", "service", "event"))
        trace = event.pop("exception", None)
        pairs = [f"{key}={value}" for key, value in event.items() if value is not None]
        line = _plain(" ".join([f"{at[11:23]} {level:7} {service:10}", what, *pairs]))
        if self._colours:
            line = f"{_COLOURS.get(level, '')}{line[:20]}\x1b[0m{line[20:]}"
        return line if trace is None else f"{line}\n{_CONTROL_IN_TRACE.sub(_spelled, trace)}"


def _plain(line: str) -> str:
    return line if line.isprintable() else _CONTROL.sub(_spelled, line)


def _spelled(match: re.Match[str]) -> str:
    return ascii(match[0])[1:-1]
