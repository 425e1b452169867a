"""Without the protections of what is shown: the gateway."""

import asyncio
from typing import Any

from tests.faults.mutants.breaking import replace


def no_gap_repair(room: Any) -> None:
    """What comes is shown, whatever should have come before it."""

    def receive(self: Any, span: Any) -> None:
        for entry in span.entries:
            if entry.seq > self.seq:
                self._show(entry)
        self._schedule_flush()

    replace(room.LiveRoom, "receive", receive)


def no_duplicate_drop(room: Any) -> None:
    """What comes again is shown again."""

    def receive_again(self: Any, span: Any) -> None:
        for entry in span.entries:
            if entry.seq <= self.seq:
                self._pending.append(entry.frame)
        receive(self, span)

    receive = replace(room.LiveRoom, "receive", receive_again)


def the_removed_stay(room: Any) -> None:
    """Who is removed from a room goes on seeing it."""

    def drop_everybody_only(self: Any, user_id: Any) -> None:
        if user_id is None:
            drop(self, user_id)

    drop = replace(room.LiveRoom, "_drop", drop_everybody_only)


def no_head_check(rooms: Any) -> None:
    """Nobody asks whether the last entry came."""

    async def compare(self: Any) -> None:
        return None

    replace(rooms.LiveRooms, "_compare_heads", compare)


def fetch_before_subscribe(rooms: Any) -> None:
    """What a room has is fetched first, and listened to a moment later."""

    async def open_late(self: Any, room_id: str, epoch: str, seq: int) -> Any:
        room = rooms.LiveRoom(room_id, epoch, seq, self.fetch)
        room.receive(await self.fetch(room_id, seq))
        await asyncio.sleep(0.2)

        async def entries(message: Any) -> None:
            room.receive(rooms.split(message.data))

        self._subscriptions[room_id] = [
            await self._bus.subscribe(f"messaging.room.{room_id}.entries", entries),
            await self._typing.follow(room),
        ]
        self._rooms[room_id] = room
        return room

    replace(rooms.LiveRooms, "_open", open_late)


def no_single_flight(rooms: Any) -> None:
    """Each socket that wants the same entries asks for them itself."""

    async def fetch(self: Any, room_id: str, after: int, *, resume: bool = False) -> Any:
        return await self._fetch(room_id, after, resume)

    replace(rooms.LiveRooms, "fetch", fetch)


def slow_readers_are_kept(wire: Any) -> None:
    """What a socket does not read is kept for it, however much it is."""

    def pause_writing(self: Any) -> None:
        super(wire.Wire, self).pause_writing()

    replace(wire.Wire, "pause_writing", pause_writing)


def drained_at_once(wire: Any) -> None:
    """Whoever is sent away comes back in the same moment as all the others."""

    def finish_drained(self: Any) -> None:
        self.finish(1001, "retry_after_ms=0")

    replace(wire.Wire, "finish_drained", finish_drained)
