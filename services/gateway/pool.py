"""The kept connections to one service, for questions whose answers fit into memory.

Own code, because it is on the way of every call and a general client costs three times as much.
"""

import asyncio
import time
from collections import deque
from typing import Final
from urllib.parse import urlsplit

from services.gateway.connection import Answer, Broken, Connection

CONNECT_SECONDS: Final = 1.0
CONNECTIONS_PER_SERVICE: Final = 128
IDLE_SECONDS: Final = 60.0
"""Shorter than a service keeps an idle connection (75 s), so that a request never meets one that is closing."""


class Unreachable(Exception):
    """There is nobody at the service's address."""


class Pool:
    """At most so many connections, the one that was used last first."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.prefix = parts.path.rstrip("/")
        self.netloc = parts.netloc
        self._secure = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._secure else 80)
        self._places = asyncio.Semaphore(CONNECTIONS_PER_SERVICE)
        self._kept: deque[tuple[float, Connection]] = deque()

    async def ask(self, question: bytes, *, again: bool, seconds: float) -> Answer:
        """The answer. A kept connection may just have been closed by the service: then a question that may be asked
        `again` is.

        Raises Unreachable, Broken, or TimeoutError after so many seconds.
        """
        async with asyncio.timeout(seconds), self._places:
            if (kept := self._take()) is not None:
                try:
                    return await self._on(kept, question)
                except Broken as broken:
                    if not (again and broken.unheard):
                        raise
            return await self._on(await self._connect(), question)

    def close(self) -> None:
        """Close what is kept."""
        while self._kept:
            self._kept.pop()[1].close()

    async def _on(self, connection: Connection, question: bytes) -> Answer:
        try:
            answer = await connection.ask(question)
        except BaseException:
            connection.close()  # what may still come is no answer to anybody's next question
            raise
        if connection.reusable:
            self._kept.append((time.monotonic(), connection))
        else:
            connection.close()
        return answer

    def _take(self) -> Connection | None:
        oldest = time.monotonic() - IDLE_SECONDS
        while self._kept and (self._kept[0][0] < oldest or not self._kept[0][1].reusable):
            self._kept.popleft()[1].close()
        while self._kept:
            _, connection = self._kept.pop()
            if connection.reusable:
                return connection
        return None

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                _, connection = await loop.create_connection(
                    Connection, self._host, self._port, ssl=self._secure or None
                )
        except OSError as error:  # the time-out is one, too
            raise Unreachable from error
        return connection
