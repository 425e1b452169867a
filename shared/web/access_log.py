"""One line and one measurement an answer. Never the query: it may hold a ticket."""

import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.caller import Caller
from shared.metrics import histogram
from shared.web.authenticate import OPEN_PATHS

_log = structlog.get_logger("parley.http")
_seconds = histogram("parley_http_request_seconds", "Time to answer a request", ("method", "route", "status"))
_LONGEST_PATH = 300
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class AccessLogMiddleware:
    """Logs and measures what was answered, and how fast."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        finally:
            _note(scope, status, time.perf_counter() - started)


def _note(scope: Scope, status: int, seconds: float) -> None:
    # A label made of what clients send would grow without bound.
    method = scope["method"] if scope["method"] in _METHODS else "other"
    route = getattr(scope.get("route"), "path", "none")
    _seconds.labels(method, route, str(status)).observe(seconds)
    if scope["path"] in OPEN_PATHS:
        return
    caller = scope.get("state", {}).get("caller")
    user = caller.user_id if isinstance(caller, Caller) else None
    path, ms = scope["path"][:_LONGEST_PATH], round(seconds * 1000, 2)
    said = "answered" if status else "broken off"
    _log.info(said, method=scope["method"], path=path, status=status, ms=ms, user=user)
