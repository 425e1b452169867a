"""Follows other services: hears them by JetStream, asks them what it missed, applies everything once."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from shared.bus import Bus
from shared.database import Database
from shared.inbox.apply import Concerns, Handler, Subscribed
from shared.inbox.follower import Follower


class Inbox:
    """All that one service follows. Register handlers first, then run it."""

    def __init__(self, service: str, db: Database, bus: Bus) -> None:
        self._service = service
        self._db = db
        self._bus = bus
        self._handlers: dict[str, dict[str, list[Subscribed]]] = defaultdict(lambda: defaultdict(list))
        self._followers: dict[str, Follower] = {}

    def on(self, producer: str, type: str, handler: Handler, *, where: Concerns | None = None) -> None:
        """Call this with each `type` event of the producer, in its transaction.

        With `where` only with those whose bare data it says yes to: where nearly all of them come by for nothing, most
        of their cost is to be made an Envelope.
        """
        self._handlers[producer][type].append((handler, where))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """A part: follow until left."""
        async with AsyncExitStack() as stack:
            for producer in self._handlers:
                await stack.enter_async_context(self._follower(producer).running())
            yield

    async def catch_up(self, producer: str, timeout: float) -> int:
        """Apply everything that the producer has by now; its id.

        Raises Unavailable or UpstreamTimeout when the producer can't be asked or it takes too long.
        """
        return await self._follower(producer).catch_up(timeout)

    async def push(self, producer: str, envelopes: Sequence[Any], timeout: float = 2.0) -> int:
        """Apply events that the producer hands over itself, and what it finds missing before them; the last id.

        What a handler raises is raised here, and the events come again by JetStream.
        """
        return await self._follower(producer).push(envelopes, timeout)

    def _follower(self, producer: str) -> Follower:
        if producer not in self._followers:
            handlers = self._handlers[producer]
            self._followers[producer] = Follower(self._service, producer, handlers, self._db, self._bus)
        return self._followers[producer]
