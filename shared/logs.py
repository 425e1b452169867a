"""Logs: one line an event, JSON or for the eye, with the request id, and without secrets.

Every library's own logging leaves through the same door.
"""

import logging
import re
import sys
import traceback
from collections.abc import Callable
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from shared.web.request_id import current_request_id

_HIDDEN = "***"
_SECRET_WORDS = "password|secret|token|ticket|authorization|cookie|credential|api_?key"
_SECRET_KEYS = re.compile(_SECRET_WORDS, re.IGNORECASE)
_PATTERNS = (
    (re.compile(rf"\b(\w*(?:{_SECRET_WORDS}))([=:]\s?)[^\s&,;\"']+", re.IGNORECASE), r"\1\2***"),
    (re.compile(r"\b(bearer|basic)\s+[^\s,;\"']+", re.IGNORECASE), r"\1 ***"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"), _HIDDEN),
    (re.compile(r"(://[^/\s:@]*:)[^@\s/]+@"), r"\1***@"),
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_COLOURS = {"debug": "\x1b[2m", "info": "\x1b[32m", "warning": "\x1b[33m", "error": "\x1b[31m", "critical": "\x1b[31m"}
# Said better by us, or with whole URLs in it.
_QUIET = ("uvicorn.error", "uvicorn.access", "asyncio", "httpx", "httpcore", "aiohttp.access")


def configure(service: str, format: str = "json", level: str = "info") -> None:
    """Send this process's logs, and those of every library, to standard error."""
    threshold = getattr(logging, level.upper())
    render = _for_machines if format == "json" else _for_eyes(sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _named(service),
        _add_request_id,
        _add_exception,
        redact,
    ]
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(threshold, logging.INFO))
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Hide what looks like a secret, by its name or by its form."""
    return {key: _HIDDEN if _SECRET_KEYS.search(key) else _hide(value) for key, value in event.items()}


def _hide(value: Any) -> Any:
    if isinstance(value, str):
        for pattern, replacement in _PATTERNS:
            value = pattern.sub(replacement, value)
        return value
    if isinstance(value, dict):
        return {key: _HIDDEN if _SECRET_KEYS.search(str(key)) else _hide(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_hide(item) for item in value]
    return value


def _named(service: str) -> Processor:
    def add_service(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return add_service


def _add_request_id(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    if "request_id" not in event and (request_id := current_request_id()) is not None:
        event["request_id"] = request_id
    return event


def _add_exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    exc_info = event.pop("exc_info", None)
    if exc_info is True:
        exc_info = sys.exc_info()
    exc = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    if isinstance(exc, BaseException):
        event["exception"] = describe_exception(exc)
    return event


def describe_exception(exc: BaseException) -> str:
    """Where it came from and what it is, with the first line of each message only.

    The further lines are where databases and validators repeat the values they were given.
    """
    lines: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = exc
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        message = str(current).partition("\n")[0][:300]
        block = ["".join(traceback.format_tb(current.__traceback__)), f"{type(current).__qualname__}: {message}"]
        lines[:0] = [*block, *(["-- which led to --"] if lines else [])]
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\n".join(lines)


def _for_machines(_: WrappedLogger, __: str, event: EventDict) -> str:
    return orjson.dumps(event, default=repr).decode()


def _for_eyes(colours: bool) -> Callable[[WrappedLogger, str, EventDict], str]:
    def render(_: WrappedLogger, __: str, event: EventDict) -> str:
        at, level, service = (str(event.pop(key, "")) for key in ("at", "level", "service"))
        exception = event.pop("exception", None)
        words = [
            _plain(event.pop("event", "")),
            *(f"{key}={_plain(item)}" for key, item in event.items() if item is not None),
        ]
        line = f"{at[11:23]} {level:7} {service:10} {' '.join(words)}"
        if colours:
            line = f"{_COLOURS.get(level, '')}{line[:21]}\x1b[0m{line[21:]}"
        return line if exception is None else f"{line}\n{_CONTROL_BUT_NEWLINE.sub(_escaped, exception)}"

    return render


_CONTROL_BUT_NEWLINE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def _plain(value: object) -> str:
    # A line is one event: whatever could end it or paint the terminal is spelled out.
    return _CONTROL.sub(_escaped, str(value))


def _escaped(match: re.Match[str]) -> str:
    return ascii(match[0])[1:-1]
