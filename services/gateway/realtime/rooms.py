"""The rooms that this gateway has sockets in: opened with the first, closed some time after the last."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from typing import Any

import orjson
import structlog

from services.gateway.counted import counted
from services.gateway.realtime.read_notes import follow_reads
from services.gateway.realtime.room import LiveRoom
from services.gateway.realtime.span import Span, split
from services.gateway.realtime.typing_notes import TypingNotes
from shared.bus import Bus
from shared.problems import Problem
from shared.tasks import ended
from shared.tracing import HEADER, continued

_log = structlog.get_logger(__name__)
_HEADS_EVERY = 1.0
_LATE = 0.2
_LINGER = 10.0
_QUIET_CHECKS = 60
_NOTHING_YET = 2**62


class LiveRooms:
    """Opens rooms, keeps them at the head of their order, and closes them."""

    def __init__(self, bus: Bus, typing: TypingNotes) -> None:
        self._bus = bus
        self._typing = typing
        self._rooms: dict[str, LiveRoom] = {}
        self._subscriptions: dict[str, list[Any]] = {}
        self._opening: dict[str, asyncio.Task[LiveRoom]] = {}
        self._fetches: dict[tuple[str, int, bool, int], asyncio.Task[Span]] = {}
        self._pos = _NOTHING_YET
        self._told_while_opening: dict[str, int] = {}
        self._check = asyncio.Event()
        self._empty_since: dict[str, float] = {}
        self._wanted: Counter[str] = Counter()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Compare heads until left."""
        self._bus.on_reconnect.append(self._check.set)
        task = asyncio.create_task(self._watch_heads(), name="heads")
        try:
            yield
        finally:
            await ended(task)
            for room in self._rooms.values():
                room.close()

    def get(self, room_id: str) -> LiveRoom | None:
        """The room, if it is open here."""
        return self._rooms.get(room_id)

    def wanted(self, room_id: str) -> AbstractContextManager[None]:
        """Meanwhile the room stays open although nobody is in it: a replay takes as long as its reader."""
        return counted(self._wanted, room_id)

    async def open(self, room_id: str, epoch: str, seq: int) -> LiveRoom:
        """The room, shown at least up to `seq`, with everything after that on its way."""
        room = self._rooms.get(room_id)
        if room is None:
            task = self._opening.get(room_id)
            if task is None:
                task = asyncio.create_task(self._open(room_id, epoch, seq), name=f"open-{room_id}")
                self._opening[room_id] = task
                task.add_done_callback(lambda _: self._opening.pop(room_id, None))
            room = await asyncio.shield(task)
        room.new_epoch(epoch)
        await room.reached(seq, timeout=5)
        return room

    async def fetch(self, room_id: str, after: int, *, resume: bool = False) -> Span:
        """The entries after a number, asked for once however many sockets want them; once more when what was asked
        for before is out of date."""
        room = self._rooms.get(room_id)
        key = (room_id, after, resume, room.rewrites if room else 0)
        task = self._fetches.get(key)
        if task is None:
            task = asyncio.create_task(self._fetch(room_id, after, resume))
            self._fetches[key] = task
            task.add_done_callback(lambda _: self._fetches.pop(key, None))
        return await asyncio.shield(task)

    async def _fetch(self, room_id: str, after: int, resume: bool) -> Span:
        request = {"room_id": room_id, "after": after, "resume": resume}
        return split(await self._bus.request_raw("rpc.messaging.replay", orjson.dumps(request), timeout=5))

    async def _open(self, room_id: str, epoch: str, seq: int) -> LiveRoom:
        """Listen first, then fetch: what comes in between is dropped as known (REALTIME.md promise 3).

        From before that on, heads are compared: even the first entry that is told of may get lost.
        """
        room = LiveRoom(room_id, epoch, seq, self.fetch)

        async def entries(message: Any) -> None:
            parent = (message.headers or {}).get(HEADER)
            with continued("write to sockets", "consumer", parent, {"parley.sockets": len(room.clients)}):
                room.receive(split(message.data))

        async def rewritten(_: Any) -> None:
            room.forget()

        self._told_while_opening[room_id] = 0
        try:
            if self._pos == _NOTHING_YET:
                await self._heads()
            subscriptions = [await self._bus.subscribe(f"messaging.room.{room_id}.entries", entries)]
            subscriptions.append(await self._typing.follow(room))
            subscriptions.append(await follow_reads(self._bus, room))
            subscriptions.append(await self._bus.subscribe(f"messaging.room.{room_id}.rewritten", rewritten))
            self._subscriptions[room_id] = subscriptions
            await self._bus.ping()
            await room.fill()
            self._rooms[room_id] = room
            room.expect(self._told_while_opening[room_id])
        finally:
            del self._told_while_opening[room_id]
        return room

    async def _watch_heads(self) -> None:
        checks = 0
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._check.wait(), _HEADS_EVERY)
            self._check.clear()
            checks += 1
            try:
                await self._compare_heads()
            except Problem as problem:
                _log.debug("heads can't be compared", reason=problem.detail)
            except Exception:
                _log.exception("heads could not be compared")
            await self._close_empty()
            if checks % _QUIET_CHECKS == 0:
                for room in self._rooms.values():
                    room.trim()

    async def _compare_heads(self) -> None:
        if not self._rooms and not self._told_while_opening:
            self._pos = _NOTHING_YET
            return
        heads = await self._heads()
        for room_id, seq in self._told_while_opening.items():
            self._told_while_opening[room_id] = max(seq, heads["rooms"].get(room_id, 0))
        behind = {}
        for room in self._rooms.values():
            room.new_epoch(heads["epoch"])
            seq = heads["rooms"].get(room.id, 0)
            if seq > room.seq:
                behind[room.id] = seq
        if behind:
            asyncio.get_running_loop().call_later(_LATE, self._expect, behind)

    async def _heads(self) -> dict[str, Any]:
        """What changed since the last time; the first time only where everything stands."""
        after = self._pos
        heads: dict[str, Any] = await self._bus.request("rpc.messaging.heads", {"after": after}, timeout=2)
        self._pos = min(self._pos, heads["pos"]) if after == _NOTHING_YET else heads["pos"]
        return heads

    def _expect(self, behind: dict[str, int]) -> None:
        for room_id, seq in behind.items():
            room = self._rooms.get(room_id)
            if room is not None:
                room.expect(seq)

    async def _close_empty(self) -> None:
        now = asyncio.get_running_loop().time()
        for room_id, room in list(self._rooms.items()):
            if room.clients or room_id in self._wanted:
                self._empty_since.pop(room_id, None)
            elif now - self._empty_since.setdefault(room_id, now) > _LINGER:
                await self._close(room_id)

    async def _close(self, room_id: str) -> None:
        self._empty_since.pop(room_id, None)
        self._rooms.pop(room_id).close()
        for subscription in self._subscriptions.pop(room_id, []):
            await subscription.unsubscribe()
