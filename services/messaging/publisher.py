"""Carries the timeline to the bus, in order, for ever: live spans for gateways, a durable copy for services.

What was just committed is taken from memory; whatever memory doesn't hold is read from the timeline, so nothing
depends on this process having lived through the commit.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog

from services.messaging import feed
from services.messaging.durable import DurableCopy
from services.messaging.epoch import EpochGuard
from services.messaging.spans import by_room, encode_span
from services.messaging.timeline import Entry
from shared.bus import Bus
from shared.database import Database
from shared.problems import Problem
from shared.tasks import ended
from shared.tracing import continued, traceparent

_log = structlog.get_logger(__name__)
_SPAN_BYTES = 512 * 1024
_READ = 512
_IN_MEMORY = 64
_POLL = 1.0


class Publisher:
    """The live half: one sequential publisher, so spans leave in the order of the log."""

    def __init__(self, db: Database, bus: Bus, durable: DurableCopy, guard: EpochGuard) -> None:
        self._db = db
        self._bus = bus
        self._durable = durable
        self._guard = guard
        self._offered: deque[Sequence[Entry]] = deque(maxlen=_IN_MEMORY)
        self._wake = asyncio.Event()
        self._pos = 0
        self._epoch = ""
        self._traces: dict[int, str] = {}  # by the first position of what was offered
        self._behind = True  # the timeline may hold what nobody offers

    def offer(self, entries: Sequence[Entry]) -> None:
        """What was just committed, in the order of commits."""
        if entries:
            if trace := traceparent():
                self._traces = {**dict(list(self._traces.items())[-_IN_MEMORY:]), entries[0].pos: trace}
            self._offered.append(entries)
            self._wake.set()

    def wake(self) -> None:
        """The timeline has entries that nobody offers."""
        self._behind = True
        self._wake.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Publish from the present head on; gateways fetch what is older."""
        async with self._durable.running():
            task = asyncio.create_task(self._run(), name="publisher")
            try:
                yield
            finally:
                await ended(task)

    async def _run(self) -> None:
        await self._guard.settled.wait()
        while True:
            try:
                if not self._epoch:
                    now = await self._db.read(feed.head)
                    self._pos, self._epoch = self._started_at(now["pos"]), now["epoch"]
                while entries := await self._next():
                    await self._publish(entries)
                    self._pos = entries[-1].pos
                    self._durable.offer(entries)
            except Problem as problem:
                self._behind = True
                _log.warning("live publication waits", reason=problem.detail)
            except Exception:
                self._behind = True
                _log.exception("live publication failed; it goes on from the timeline")
            try:
                await asyncio.wait_for(self._wake.wait(), _POLL)
            except TimeoutError:
                self._behind = True
            self._wake.clear()
            await asyncio.sleep(0)  # those who wait for an outcome were woken with us: they are answered first

    def _started_at(self, pos: int) -> int:
        """Before what was offered meanwhile."""
        return min([pos, *(entries[0].pos - 1 for entries in self._offered)])

    async def _next(self) -> Sequence[Entry]:
        while self._offered:
            entries = self._offered.popleft()
            if entries[0].pos == self._pos + 1:
                return entries
            if entries[-1].pos > self._pos:
                self._behind = True
                break
        if not self._behind:
            return ()
        self._behind = False  # before the read: a wake during it counts
        entries = await self._db.read(feed.entries_after, self._pos, _READ)
        self._behind = self._behind or bool(entries)
        return entries

    async def _publish(self, entries: Sequence[Entry]) -> None:
        with continued("publish entries", "producer", self._traces.pop(entries[0].pos, None)):
            for span in by_room(entries, _SPAN_BYTES):
                subject = f"messaging.room.{span[0].room_id}.entries"
                await self._bus.publish(subject, encode_span(self._epoch, span))
