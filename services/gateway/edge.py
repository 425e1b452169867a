"""Small guards: answers over TLS ask browsers to stay on TLS, operator paths can be hidden, names refused."""

from collections.abc import Collection
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.hosts import Hosts
from shared.problems import NotFound

_HSTS: Final = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


def with_hsts(send: Send) -> Send:
    """`send`, for a client that came by TLS."""

    async def send_strictly(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], _HSTS]
        await send(message)

    return send_strictly


class HideMiddleware:
    """404 for paths that are not for the public port."""

    def __init__(self, app: ASGIApp, paths: Collection[str]) -> None:
        self._app = app
        self._paths = frozenset(paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in self._paths:
            raise NotFound("There is no such path.")
        await self._app(scope, receive, send)


class HostMiddleware:
    """421 for who meant somebody else."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self._hosts.check(scope)
        await self._app(scope, receive, send)
