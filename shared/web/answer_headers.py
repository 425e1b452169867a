"""Headers every answer has: the request's id, and what keeps it from being misused unless its route chose otherwise."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.web.request_id import begin_request

_DEFAULTS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)


class AnswerHeadersMiddleware:
    """Nothing is cached, sniffed, framed or run, unless a route says so; and everything can be found in the logs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request_id = (b"x-request-id", begin_request(scope).encode())

        async def send_completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.get("headers", ())
                present = {name for name, _ in headers}
                message["headers"] = [*headers, *[pair for pair in _DEFAULTS if pair[0] not in present], request_id]
            elif message["type"] == "websocket.http.response.start":
                message["headers"] = [*message.get("headers", ()), request_id]
            await send(message)

        await self._app(scope, receive, send_completed)
