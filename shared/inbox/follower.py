"""Follows one producer."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import orjson
import structlog
from nats.aio.msg import Msg

from shared.bus import Bus
from shared.database import Database, WriteSession
from shared.inbox.apply import Applied, Applier, Cursor, Page, RawEvent, Subscribed, cursor, is_event_of
from shared.inbox.durable import Durable
from shared.metrics import counter, gauge
from shared.problems import Problem, Unavailable, UpstreamTimeout
from shared.tasks import in_background

_log = structlog.get_logger(__name__)
_LABELS = ("service", "producer")
_LAG = gauge("parley_inbox_lag", "Events of a producer that were not applied when it was last asked", _LABELS)
_DEAD = counter("parley_inbox_dead_letters", "Events put aside because they could not be applied", _LABELS)
_GAPS = counter("parley_inbox_gaps", "Times that events had to be fetched because some were missing", _LABELS)
_LOST = counter("parley_inbox_lost", "Events that the producer no longer kept when they were missed", _LABELS)
_FORGED = counter("parley_inbox_refused", "Events refused: not the owner's, or not an event", _LABELS)
_POLL = 2.0
_PAGE = 500
_TRIES = 5
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 5.0
_Work = Callable[[WriteSession], Applied]


class Follower:
    """Applies a producer's events in their order, whatever way they come."""

    def __init__(
        self, service: str, producer: str, handlers: Mapping[str, Sequence[Subscribed]], db: Database, bus: Bus
    ) -> None:
        self._service = service
        self._producer = producer
        self._db = db
        self._bus = bus
        self._applier = Applier(producer, handlers)
        self._durable = Durable(service, producer, bus)
        self._away = False
        self._unapplied: list[Msg] = []
        # Of the last commit, never of a transaction that may yet be undone.
        self._cursor: Cursor | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow until left."""
        async with in_background(self._run(), f"inbox-{self._producer}"):
            yield

    async def push(self, envelopes: Sequence[Any], timeout: float) -> int:
        """Apply these at once, or what is missing before them."""
        applied = await self._db.write(self._applier.heard, self._sound(envelopes))
        return await self.catch_up(timeout) if applied.missing else applied.cursor.last_id

    async def catch_up(self, timeout: float) -> int:
        """Fetch and apply until nothing is left."""
        try:
            async with asyncio.timeout(timeout):
                return await self._fetch_all()
        except TimeoutError:
            raise UpstreamTimeout(f"Catching up with {self._producer} took too long.") from None

    async def _run(self) -> None:
        pause = _FIRST_PAUSE
        async with self._durable.bound():
            await self._poll()
            while True:
                try:
                    await self._step()
                    pause = _FIRST_PAUSE
                except Exception as error:
                    _log.warning("following waits", producer=self._producer, reason=_reason(error), seconds=pause)
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, _LONGEST_PAUSE)

    async def _step(self) -> None:
        self._unapplied = self._unapplied or await self._durable.batch(_POLL)
        if not self._unapplied:
            await self._poll()
            return
        applied = await self._hear(self._decode(self._unapplied))
        if applied.missing:
            _GAPS.labels(self._service, self._producer).inc()
            await self._fetch_all()
        await self._durable.acknowledge(self._unapplied)
        self._unapplied = []

    async def _poll(self) -> None:
        """In silence, ask: a lost last event is followed by nothing that would show its loss."""
        try:
            await self._fetch_all()
            self._away = False
        except Problem as problem:
            if not self._away:
                _log.info("can't be followed now", producer=self._producer, reason=problem.detail)
            self._away = True

    async def _fetch_all(self) -> int:
        while True:
            after = (await self._known()).last_id
            answer = await self._bus.request(f"rpc.{self._producer}.outbox", {"after": after, "limit": _PAGE})
            page = Page(after, answer["epoch"], answer["last"], self._sound(answer["events"]))
            applied = await self._turn(page)
            _LAG.labels(self._service, self._producer).set(max(0, page.last - applied.cursor.last_id))
            if not applied.missing and applied.cursor.last_id >= page.last:
                return applied.cursor.last_id

    async def _known(self) -> Cursor:
        if self._cursor is None:
            self._cursor = await self._db.read(cursor, self._producer)
        return self._cursor

    async def _hear(self, events: Sequence[RawEvent]) -> Applied:
        parts = [(event, partial(self._applier.heard, events=[event])) for event in events]
        return await self._apply(partial(self._applier.heard, events=events), parts)

    async def _turn(self, page: Page) -> Applied:
        if self._cursor and page.has_nothing_after(self._cursor):
            return Applied(self._cursor)
        parts = [(part.events[0], partial(self._applier.fetched, page=part)) for part in page.split()]
        applied = await self._apply(partial(self._applier.fetched, page=page), parts)
        if lost := page.lost:
            _log.error("events were missed for ever", producer=self._producer, after=page.after, lost=lost)
            _LOST.labels(self._service, self._producer).inc(lost)
        return applied

    async def _apply(self, whole: _Work, parts: Sequence[tuple[RawEvent, _Work]]) -> Applied:
        """All in one transaction; if one of them breaks it, each in its own, so that it holds up no other."""
        try:
            applied = await self._db.write(whole)
        except Unavailable:
            raise
        except Exception as error:
            if not parts:
                raise
            _log.warning("a batch failed; one by one now", producer=self._producer, reason=_reason(error))
            for event, part in parts:
                applied = await self._apply_one(event, part)
                if applied.missing:
                    break
        self._cursor = applied.cursor
        return applied

    async def _apply_one(self, event: RawEvent, work: _Work) -> Applied:
        pause, reason = _FIRST_PAUSE, ""
        for _ in range(_TRIES):
            try:
                return await self._db.write(work)
            except Unavailable:
                raise
            except Exception as error:
                reason = _reason(error)
                _log.exception("an event can't be applied", producer=self._producer, event_id=event["id"])
                await asyncio.sleep(pause)
                pause *= 2
        _DEAD.labels(self._service, self._producer).inc()
        return await self._db.write(self._applier.bury, event, reason)

    def _decode(self, messages: Sequence[Msg]) -> list[RawEvent]:
        events: list[Any] = []
        for message in messages:
            try:
                events += orjson.loads(message.data)
            except (orjson.JSONDecodeError, TypeError):
                events.append(None)
        return self._sound(events)

    def _sound(self, events: Sequence[Any]) -> list[RawEvent]:
        """The producer's own events, in their order; what anybody else put there is refused and counted."""
        sound = [event for event in events if is_event_of(self._producer, event)]
        if len(sound) < len(events):
            _FORGED.labels(self._service, self._producer).inc(len(events) - len(sound))
            _log.warning("events refused", producer=self._producer, refused=len(events) - len(sound))
        return sorted(sound, key=lambda event: event["id"])


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
