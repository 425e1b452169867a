"""Where calls wait whose service works through them a few at a time: they must not take every connection to it.

Passwords are hashed two at a time. A flood of logins that stood in auth's queue with all of the gateway's connections
would keep everybody else from auth.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Final

from services.gateway.pool import CONNECTIONS_PER_SERVICE
from services.gateway.routing import Route
from shared.problems import Unavailable

PLACES: Final = CONNECTIONS_PER_SERVICE * 3 // 4
PATIENCE_SECONDS: Final = 5.0
_OPEN: Final = nullcontext()


class WaitingRoom:
    """Lets so many through at a time, in the order in which they came."""

    def __init__(self, places: int = PLACES, patience: float = PATIENCE_SECONDS) -> None:
        self._places = asyncio.Semaphore(places)
        self._patience = patience

    def passed(self, route: Route) -> AbstractAsyncContextManager[None]:
        """Hold a place while the block runs, if the route takes one; Unavailable when none gets free in time."""
        return self._held() if route.hashes else _OPEN

    @asynccontextmanager
    async def _held(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._patience):
                await self._places.acquire()
        except TimeoutError:
            raise Unavailable("Too many passwords wait to be checked.") from None
        try:
            yield
        finally:
            self._places.release()
