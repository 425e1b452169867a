"""The request as it comes in: its body within limits, and the news that its sender has hung up.

The server itself refuses bodies that come too slowly, and reads on for a moment after a refusal; see the kit.
"""

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from services.gateway.headers import first
from shared.problems import Problem, TooLarge

SMALL_BODY_SECONDS: Final = 9.5
WATCH_AFTER_SECONDS: Final = 0.2


class Body:
    """The body of one request: read once, whole or as a stream, and never past its limit."""

    def __init__(self, scope: Scope, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        length = first(scope["headers"], b"content-length")
        self._ended = length in (None, b"0") and first(scope["headers"], b"transfer-encoding") is None
        self.failure: Problem | ClientDisconnect | None = None
        """Why `stream` stopped, when that was before the end."""
        if length is not None and int(length) > limit:
            raise _too_large(limit)

    async def whole(self) -> bytes:
        """All of it."""
        if self._ended:
            return b""
        try:
            async with asyncio.timeout(SMALL_BODY_SECONDS):
                return b"".join([chunk async for chunk in self._chunks()])
        except TimeoutError:
            raise Problem(408, "request_timeout", "The body came too slowly.") from None

    async def stream(self) -> AsyncIterator[bytes]:
        """Piece by piece, as fast as it is taken."""
        try:
            async for chunk in self._chunks():
                yield chunk
        except (Problem, ClientDisconnect) as failure:
            self.failure = failure
            raise

    async def _chunks(self) -> AsyncIterator[bytes]:
        read = 0
        while not self._ended:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            chunk: bytes = message.get("body", b"")
            self._ended = not message.get("more_body", False)
            read += len(chunk)
            if read > self._limit:
                raise _too_large(self._limit)
            if chunk:
                yield chunk


class WhileClientListens:
    """A block that is cancelled when the client hangs up. Only for requests whose body has been read.

    Watching takes a task, so it begins when the block has taken a while: most never need it.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._gone = False
        self._watcher: asyncio.Task[None] | None = None

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None, "only a task can be cancelled"
        self._task = task
        self._timer = asyncio.get_running_loop().call_later(WATCH_AFTER_SECONDS, self._begin)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
        if self._gone and self._task.uncancel() == 0 and kind is asyncio.CancelledError:
            raise ClientDisconnect from error

    def _begin(self) -> None:
        self._watcher = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        self._task.cancel()


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is larger than {limit // 1024} KiB.")
