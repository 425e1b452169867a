"""Windows in Redis, counted together by all gateways: the storage of `limits` over a pool that can be closed.

Imported only where there is a Redis: the client is a few MiB of memory.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from limits.aio.storage import RedisStorage
from redis.asyncio import ConnectionPool

PATIENCE_SECONDS: Final = 0.25


class RedisWindows(RedisStorage):
    """See services.gateway.windows.Windows; what fails raises StorageError."""

    STORAGE_SCHEME: list[str] = []  # nobody asks for it by URL

    def __init__(self, host: str, port: int, password: str) -> None:
        self._pool = ConnectionPool(
            host=host,
            port=port,
            password=password or None,
            socket_timeout=PATIENCE_SECONDS,
            socket_connect_timeout=PATIENCE_SECONDS,
        )
        super().__init__(
            "async+redis://",
            wrap_exceptions=True,
            implementation="redispy",
            key_prefix="parley",
            connection_pool=self._pool,  # type: ignore[arg-type]  # documented, and not in the hint
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """A Part: close the connections at the end."""
        try:
            yield
        finally:
            await self._pool.aclose()
