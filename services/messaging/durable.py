"""The durable copy of the timeline on JetStream, for the services that follow messaging.

Positions are contiguous, a follower drops what it has and pulls what it lacks (shared.inbox), so sending a stretch
twice is harmless and a wiped broker is refilled from the timeline.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import count, islice, takewhile

import structlog
from nats.js.api import RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError
from sqlalchemy import update

from services.messaging import feed
from services.messaging.epoch import STREAM, EpochGuard
from services.messaging.models import timeline_head
from services.messaging.timeline import Entry
from shared.bus import Bus
from shared.database import Database, WriteSession
from shared.outbox import outbox_lag
from shared.problems import Problem
from shared.tasks import ended

_log = structlog.get_logger(__name__)
_LAG = outbox_lag("messaging")
_SUBJECT = "messaging.timeline.all.entries"
_READ = 256
_IN_MEMORY = 1_024
_MAX_BYTES = 512 * 1024
_POLL = 1.0
_SAVE_EVERY = 1.0
_PAUSE = 0.25

_CONFIG = StreamConfig(
    name=STREAM,
    subjects=["messaging.timeline.>"],
    retention=RetentionPolicy.LIMITS,
    storage=StorageType.FILE,
    max_age=48 * 3600,
    duplicate_window=120,
)


class DurableCopy:
    """Follows the live publisher, a stretch at a time, each confirmed by JetStream before the next; of several replicas
    one at a time."""

    def __init__(self, db: Database, bus: Bus, guard: EpochGuard) -> None:
        self._db = db
        self._bus = bus
        self._guard = guard
        self._lock = db.lock("durable-copy")
        self._wake = asyncio.Event()
        self._offered: deque[Entry] = deque(maxlen=_IN_MEMORY)
        self._ready = False
        self._epoch = ""
        self._pos = 0
        self._stream_seq = 0
        self._saved = 0
        self._saved_at = 0.0
        self._copied_at = 0.0
        self._measured_at = 0.0

    def offer(self, entries: Sequence[Entry]) -> None:
        """There is more to copy: these. What memory does not hold is read from the timeline, and so is what could not
        be copied at once: it may say something else by then."""
        self._offered.extend(entries)
        self._wake.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Copy until left; how far it came is saved, at the latest then."""
        self._bus.on_reconnect.append(self._distrust)
        task = asyncio.create_task(self._run(), name="durable-copy")
        try:
            yield
        finally:
            await ended(task)
            if self._epoch:
                await self._save()
            await self._lock.release()

    def _distrust(self) -> None:
        self._start_again()
        self._wake.set()

    def _start_again(self) -> None:
        self._ready = False
        self._offered.clear()

    async def _run(self) -> None:
        await self._guard.settled.wait()
        while True:
            try:
                if await self._lock.held():
                    await self._copy_new()
                else:
                    self._start_again()
            except Exception as error:
                _log.warning("the durable copy waits", reason=str(error) or type(error).__name__, pos=self._pos)
                self._start_again()
            await self._measure()
            await self._pause()

    async def _measure(self) -> None:
        """Once a second; while another replica copies, it has nothing to tell."""
        if time.monotonic() - self._measured_at < _SAVE_EVERY:
            return
        self._measured_at = time.monotonic()
        with suppress(Problem):
            now = await self._db.read(feed.head)
            copied = max(self._pos, now["published_pos"]) if await self._lock.held() else now["pos"]
            _LAG.set(max(0, now["pos"] - copied))

    async def _pause(self) -> None:
        """Until there is more; under load a stretch gathers meanwhile, because each costs every follower a commit."""
        await asyncio.sleep(max(0.0, self._copied_at + _PAUSE - time.monotonic()))
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), _POLL)
        self._wake.clear()

    async def _copy_new(self) -> None:
        if not self._ready:
            await self._prepare()
        while entries := self._from_memory() or await self._db.read(feed.entries_after, self._pos, _READ):
            if await self._copy(entries) == len(entries) < _READ:
                break
        if time.monotonic() - self._saved_at > _SAVE_EVERY:
            await self._save()

    def _from_memory(self) -> list[Entry]:
        """The next entries, as far as they are here without a gap."""
        while self._offered and self._offered[0].pos <= self._pos:
            self._offered.popleft()
        following = zip(count(self._pos + 1), self._offered, strict=False)
        return [entry for _, entry in takewhile(lambda each: each[0] == each[1].pos, islice(following, _READ))]

    async def _prepare(self) -> None:
        """Have the stream, and go back a day if the broker forgot what it had confirmed."""
        now = await self._db.read(feed.head)
        if self._epoch != now["epoch"] or self._pos < now["published_pos"]:
            self._epoch, self._pos, self._stream_seq = now["epoch"], now["published_pos"], now["stream_seq"]
            self._saved = self._pos
        try:
            state = (await self._bus.js.stream_info(STREAM)).state
        except NotFoundError:
            state = (await self._bus.js.add_stream(_CONFIG)).state
        if state.last_seq < self._stream_seq:
            self._pos = await self._db.read(feed.pos_before, feed.KEPT_HOURS)
            _log.warning("the broker lost the durable copy; it is refilled", after=self._pos)
        self._stream_seq = state.last_seq
        self._ready = True

    async def _copy(self, entries: Sequence[Entry]) -> int:
        """Send the first of these that fit into one message; how many that were."""
        stretch: list[Entry] = []
        size = 0
        for entry in entries:
            size += len(entry.frame) + 256
            if stretch and size > _MAX_BYTES:
                break
            stretch.append(entry)
        first, last = stretch[0].pos, stretch[-1].pos
        body = b"[" + b",".join(feed.envelope(entry, self._epoch) for entry in stretch) + b"]"
        ack = await self._bus.js.publish(
            _SUBJECT, body, timeout=5, headers={"Nats-Msg-Id": f"messaging:{self._epoch}:{first}-{last}"}
        )
        self._pos, self._stream_seq, self._copied_at = last, ack.seq, time.monotonic()
        return len(stretch)

    async def _save(self) -> None:
        if self._pos != self._saved:
            await self._db.write(_save, self._pos, self._stream_seq)
            self._saved = self._pos
        self._saved_at = time.monotonic()


def _save(tx: WriteSession, pos: int, stream_seq: int) -> None:
    tx.execute(update(timeline_head).values(published_pos=pos, stream_seq=stream_seq))
