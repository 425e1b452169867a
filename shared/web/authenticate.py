"""No path but the three of the operator answers anyone whom the gateway did not vouch for."""

from starlette.types import ASGIApp, Receive, Scope, Send

from shared.caller import HEADER, CallerVerifier
from shared.problems import Unauthorized, problem_response

OPEN_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
_HEADER = HEADER.lower().encode()


class AuthenticateMiddleware:
    """Puts the `Caller` or `Anonymous` of the request into its state; 401 without a valid `Parley-Caller`."""

    def __init__(self, app: ASGIApp, verifier: CallerVerifier) -> None:
        self._app = app
        self._verifier = verifier

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in OPEN_PATHS:
            tokens = [value for name, value in scope["headers"] if name == _HEADER]
            try:
                if len(tokens) != 1:
                    raise Unauthorized(detail="This service answers only what comes through the gateway.")
                caller = self._verifier.verify(tokens[0].decode("latin-1"))
            except Unauthorized as problem:
                await problem_response(problem)(scope, receive, send)
                return
            scope.setdefault("state", {})["caller"] = caller
        await self._app(scope, receive, send)
