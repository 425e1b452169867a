"""The relay, and the method by which followers fetch what they missed."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import orjson
import structlog

from shared.bus import Bus
from shared.database import Database, WriteSession
from shared.events import Envelope
from shared.outbox import store
from shared.outbox.lag import outbox_lag
from shared.outbox.store import Head, Row
from shared.outbox.stream import Remembered, Stream, Unconfirmed
from shared.problems import Invalid
from shared.tasks import ended

_log = structlog.get_logger(__name__)
_KEPT = timedelta(hours=24)
_POLL = 1.0
_PURGE_EVERY = 600.0
_SAVE_EVERY = 1.0
_LONGEST_PAUSE = 5.0
_IN_FLIGHT = 128
_IN_MEMORY = 256
_MOST = 500


class Outbox:
    """Publishes what the service recorded, on one replica at a time."""

    def __init__(self, service: str, db: Database, bus: Bus, *, kept: timedelta = _KEPT) -> None:
        self._db = db
        self._bus = bus
        self._kept = kept
        self._stream = Stream(service, bus)
        self._lock = db.lock("relay")
        self._lag = outbox_lag(service)
        self._wake = asyncio.Event()
        self._recorded: deque[Envelope] = deque(maxlen=_IN_MEMORY)
        self._head = Head()
        self._unconfirmed = Unconfirmed()
        self._ready = False
        self._published = 0
        self._stream_seq = 0
        self._saved = (0, 0)
        self._save_at = 0.0
        self._purge_at = 0.0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """A part: relay and answer until left."""
        serving = await self._bus.serve("outbox", self._answer)
        self._db.on_commit.append(self._on_commit)
        self._bus.on_reconnect.append(self._distrust)
        task = asyncio.create_task(self._run(), name="outbox")
        try:
            yield
        finally:
            await ended(task)
            self._bus.on_reconnect.remove(self._distrust)
            self._db.on_commit.remove(self._on_commit)
            await serving.unsubscribe()
            await self._finish()

    def _on_commit(self, tx: WriteSession) -> None:
        self._recorded.extend(tx.recorded)
        self._wake.set()

    def _distrust(self) -> None:
        """After a reconnect the broker may be another, or have forgotten."""
        self._ready = False
        self._unconfirmed.abandon()
        self._wake.set()

    async def _run(self) -> None:
        pause = 0.0
        while True:
            try:
                await self._relay()
                pause = 0.0
            except Exception as error:
                pause = min(2 * pause + 0.1, _LONGEST_PAUSE)
                self._ready = False
                _log.warning("the relay waits", reason=str(error) or type(error).__name__, seconds=pause)
                await asyncio.sleep(pause)
            with suppress(TimeoutError):
                async with asyncio.timeout(_POLL):
                    await self._wake.wait()
            self._wake.clear()

    async def _relay(self) -> None:
        if not self._bus.is_connected:
            await self._measure()
            return
        if not await self._lock.held():
            self._ready = False
            self._head = Head()
            return
        if not self._ready:
            await self._prepare()
        while rows := await self._next():
            await self._publish(rows)
        await self._save()
        await self._purge()

    async def _prepare(self) -> None:
        """Compare what the broker remembers with what it once confirmed, and go back as far as it forgot."""
        if not self._head.epoch:
            self._head = await self._db.write(store.ensured_head)
            self._published, self._stream_seq = self._head.published_id, self._head.stream_seq
            self._saved = (self._published, self._stream_seq)
        remembered = await self._stream.remembered()
        now = await self._db.read(store.head)
        if remembered.epoch == now.epoch and remembered.last_id > now.last_id:
            now = await self._db.write(store.new_epoch)
            _log.error("the database is older than what was published: a new epoch begins", epoch=now.epoch)
        start = _where_to_go_on(now, remembered, self._published, self._stream_seq)
        if start < self._published:
            _log.warning("the broker forgot events; they are published again", after=start, until=self._published)
        self._head, self._published, self._stream_seq = now, start, remembered.stream_seq
        self._ready = True

    async def _next(self) -> Sequence[Row]:
        """From memory what was committed here just now, everything else from the table."""
        while self._recorded and self._recorded[0].id <= self._published:
            self._recorded.popleft()
        fresh = list(self._recorded)[:_IN_FLIGHT]
        if fresh and fresh[0].id == self._published + 1 and fresh[0].epoch == self._head.epoch:
            self._lag.set(fresh[-1].id - self._published)
            return [Row.of(envelope) for envelope in fresh]
        return await self._measure()

    async def _measure(self) -> Sequence[Row]:
        head, rows = await self._db.read(store.rows_after, self._published, _IN_FLIGHT, self._bus.max_payload)
        self._lag.set(max(0, head.last_id - max(self._published, head.published_id)))
        if self._ready and head.epoch != self._head.epoch:
            self._ready = False
            return ()
        return rows

    async def _publish(self, rows: Sequence[Row]) -> None:
        self._unconfirmed = await self._stream.publish(rows, self._head.epoch)
        try:
            while self._unconfirmed.waiting:
                self._published, seq = await self._unconfirmed.confirmed()
                self._stream_seq = max(self._stream_seq, seq)
        finally:
            self._unconfirmed.abandon()

    async def _save(self) -> None:
        """Once a second is enough: what is published twice is dropped twice."""
        state = (self._published, self._stream_seq)
        if state != self._saved and time.monotonic() >= self._save_at:
            await self._db.write(store.mark, *state)
            self._saved, self._save_at = state, time.monotonic() + _SAVE_EVERY

    async def _purge(self) -> None:
        if time.monotonic() >= self._purge_at:
            await self._db.write(_purge_older, self._kept)
            self._purge_at = time.monotonic() + _PURGE_EVERY

    async def _finish(self) -> None:
        self._save_at = 0.0
        if self._head.epoch:
            with suppress(Exception):
                await self._save()
        await self._lock.release()

    async def _answer(self, question: Any) -> bytes:
        after, limit = _parse(question)
        head, rows = await self._db.read(store.rows_after, after, limit, self._bus.max_payload // 2)
        start = orjson.dumps({"epoch": head.epoch, "last": head.last_id})[:-1]
        return start + b',"events":[' + b",".join(row.envelope for row in rows) + b"]}"


def _where_to_go_on(now: Head, remembered: Remembered, published: int, stream_seq: int) -> int:
    """After which id to publish."""
    if remembered.epoch == now.epoch and remembered.last_id:
        return min(published, remembered.last_id)
    if remembered.epoch:
        return 0  # the stream tells of another database, or of this one before it was restored
    # Nothing readable is in it: it was emptied by age, or it is a new one.
    return published if remembered.stream_seq >= stream_seq else 0


def _purge_older(tx: WriteSession, kept: timedelta) -> int:
    return store.purge(tx, tx.now - kept)


def _parse(question: Any) -> tuple[int, int]:
    after, limit = (question.get("after"), question.get("limit", _MOST)) if isinstance(question, dict) else (None, None)
    if type(after) is not int or type(limit) is not int or after < 0 or limit < 1:
        raise Invalid("invalid", "An outbox is asked for the events `after` an id, `limit` at most.")
    return after, min(limit, _MOST)
