"""What nobody foresaw: logged once with its traceback, answered as a bare 500 problem."""

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.problems import Problem, problem_response

_log = structlog.get_logger("parley.http")


class LastResortMiddleware:
    """Stands inside the request id and the access log, so that a 500 has both, which a framework's own has not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_noted(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        except ClientDisconnect:
            # Nobody is left to answer.
            return
        except Problem as problem:
            if not started:
                await problem_response(problem)(scope, receive, send)
                return
            _log.error("an answer broke off", path=scope["path"], exc_info=True)
            raise
        except Exception:
            _log.error("unexpected error", method=scope["method"], path=scope["path"], exc_info=True)
            if started:
                # Half an answer is out; only a broken connection tells the client so.
                raise
            await problem_response(_unexpected())(scope, receive, send)


def _unexpected() -> Problem:
    return Problem(500, "internal_error", "Something went wrong here; the request id finds it in our logs.")
