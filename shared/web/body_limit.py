"""A body is refused when it is known to be too large: by its length when it says one, else as it streams."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.problems import TooLarge

_KEY = "parley.body_limit"


def allow_body(scope: Scope, most: int) -> None:
    """Set this request's limit; it counts from the next read of the body on."""
    scope[_KEY]["most"] = most


class BodyLimitMiddleware:
    """Counts what is read of a body; nothing is refused that nobody reads."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # A mapping of its own, because routing hands a copy of the scope to what is below.
        limit = scope[_KEY] = {"most": self._most}
        announced = _announced(scope)
        read = 0

        async def receive_counted() -> Message:
            nonlocal read
            if announced > limit["most"]:
                raise TooLarge
            message = await receive()
            if message["type"] == "http.request":
                read += len(message.get("body", b""))
                if read > limit["most"]:
                    raise TooLarge
            return message

        await self._app(scope, receive_counted, send)


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() and len(value) < 20 else 0
    return 0
