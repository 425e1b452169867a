"""What became of a request: one line and one measurement, and an answer to what nobody foresaw.

Never the query in a line: it may hold a ticket.
"""

import time
from functools import cache

import structlog
from prometheus_client import Histogram
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.caller import Caller
from shared.metrics import histogram
from shared.problems import Problem, problem_response
from shared.web.authenticate import OPEN_PATHS
from shared.web.noted import NotedSend

_log = structlog.get_logger("parley.http")
_seconds = histogram("parley_http_request_seconds", "Time to answer a request", ("method", "route", "status"))
_LONGEST_PATH = 300
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class ReportMiddleware:
    """Logs and measures what was answered, and how fast.

    What went wrong unforeseen is logged once with its traceback and answered as a bare 500 problem. That is done here,
    so that a 500 has a request id and a line, which a framework's own has not.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        noted = NotedSend(send)
        try:
            await self._app(scope, receive, noted)
        except ClientDisconnect:
            pass  # nobody is left to answer
        except Exception as error:
            problem = _problem(error, scope, begun=noted.status != 0)
            if noted.status:
                raise  # half an answer is out; only a broken connection tells the client so
            await problem_response(problem)(scope, receive, noted)
        finally:
            _note(scope, noted.status, time.perf_counter() - begun)


def _problem(error: Exception, scope: Scope, *, begun: bool) -> Problem:
    """What to answer; logged when it is none of the answers that are meant."""
    if isinstance(error, Problem):
        if begun:
            _log.error("an answer broke off", path=scope["path"], exc_info=True)
        return error
    _log.error("unexpected error", method=scope["method"], path=scope["path"], exc_info=True)
    return Problem(500, "internal_error", "Something went wrong here; the request id finds it in our logs.")


def _note(scope: Scope, status: int, seconds: float) -> None:
    # A label made of what clients send would grow without bound.
    method = scope["method"] if scope["method"] in _METHODS else "other"
    route = getattr(scope.get("route"), "path", "none")
    _measured(method, route, status).observe(seconds)
    if scope["path"] in OPEN_PATHS:
        return
    caller = scope.get("state", {}).get("caller")
    user = caller.user_id if isinstance(caller, Caller) else None
    path, ms = scope["path"][:_LONGEST_PATH], round(seconds * 1000, 2)
    said = "answered" if status else "broken off"
    _log.info(said, method=scope["method"], path=path, status=status, ms=ms, user=user)


@cache
def _measured(method: str, route: str, status: int) -> Histogram:
    return _seconds.labels(method, route, str(status))
