"""Headers every answer has unless its route chose otherwise."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_DEFAULTS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)


class SecurityHeadersMiddleware:
    """Nothing is cached, sniffed, framed or run, unless a route says so."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                present = {name for name, _ in headers}
                message["headers"] = headers + [pair for pair in _DEFAULTS if pair[0] not in present]
            await send(message)

        await self._app(scope, receive, send_guarded)
