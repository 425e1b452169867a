"""Where calls wait whose service works through them a few at a time: they must not take every connection to it.

Passwords are hashed two at a time. A flood of logins that stood in auth's queue with all of the gateway's connections
would keep everybody else from auth.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from services.gateway.pool import CONNECTIONS_PER_SERVICE
from services.gateway.routing import Route
from shared.problems import Unavailable

PLACES: Final = CONNECTIONS_PER_SERVICE * 3 // 4
PATIENCE_SECONDS: Final = 5.0


class WaitingRoom:
    """Lets so many through at a time, in the order in which they came."""

    def __init__(self, places: int = PLACES, patience: float = PATIENCE_SECONDS) -> None:
        self._places = asyncio.Semaphore(places)
        self._patience = patience

    @asynccontextmanager
    async def passed(self, route: Route) -> AsyncIterator[None]:
        """Hold a place while the block runs, if the route takes one; Unavailable when none gets free in time."""
        if not route.hashes:
            yield
            return
        try:
            async with asyncio.timeout(self._patience):
                await self._places.acquire()
        except TimeoutError:
            raise Unavailable("Too many passwords wait to be checked.") from None
        try:
            yield
        finally:
            self._places.release()
