"""Cross-origin calls by allow-list.

Never with credentials: we use bearer tokens, which a foreign page cannot make a browser send.
"""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.headers import first
from services.gateway.origins import Origins
from shared.problems import Forbidden, problem_response

METHODS: Final = b"GET, POST, PUT, DELETE"
ACCEPTED: Final = b"Authorization, Content-Type, Idempotency-Key, If-None-Match, Range, X-Request-ID"
EXPOSED: Final = (
    b"X-Request-ID, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, ETag, Content-Disposition, "
    b"Content-Range"
)
REMEMBERED_SECONDS: Final = b"600"


class CorsMiddleware:
    """Answers preflights, and tells browsers which pages may read an answer."""

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = first(scope["headers"], b"origin")
        if origin is None:
            await self._app(scope, receive, send)
            return
        allowed = self._origins.allows(origin.decode("latin-1"))
        if scope["method"] == "OPTIONS" and first(scope["headers"], b"access-control-request-method") is not None:
            await self._preflight(scope, receive, send, origin if allowed else None)
            return

        async def send_readable(message: Message) -> None:
            if message["type"] == "http.response.start":
                readable = [(b"access-control-allow-origin", origin), (b"access-control-expose-headers", EXPOSED)]
                message["headers"] = [*message["headers"], (b"vary", b"Origin"), *(readable if allowed else ())]
            await send(message)

        await self._app(scope, receive, send_readable)

    async def _preflight(self, scope: Scope, receive: Receive, send: Send, origin: bytes | None) -> None:
        if origin is None:
            problem = Forbidden("origin_not_allowed", "Pages of this origin may not call here.")
            await problem_response(problem)(scope, receive, send)
            return
        headers = [
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-methods", METHODS),
            (b"access-control-allow-headers", ACCEPTED),
            (b"access-control-max-age", REMEMBERED_SECONDS),
            (b"vary", b"Origin"),
        ]
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
