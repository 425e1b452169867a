"""Who is typing: told on core NATS, expires by itself, stored nowhere."""

import asyncio
from contextlib import suppress
from typing import Any

import orjson

from services.gateway.realtime.frames import render
from services.gateway.realtime.room import LiveRoom
from shared.bus import Bus
from shared.problems import Problem

_EXPIRES = 5.0
_AGAIN = 2.0


class TypingNotes:
    """Publishes this gateway's typists and shows everybody's to its rooms."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._expiring: set[asyncio.Future[None]] = set()
        self._timers: dict[tuple[str, str], asyncio.TimerHandle] = {}
        self._told_at: dict[tuple[str, str], float] = {}

    async def follow(self, room: LiveRoom) -> Any:
        """Show the room's typists to it; returns the subscription."""

        async def note(message: Any) -> None:
            told = orjson.loads(message.data)
            frame = {"type": "typing", "room_id": room.id, "user_id": told["user_id"], "active": told["active"]}
            room.broadcast(render(frame), but_user=told["user_id"])

        return await self._bus.subscribe(f"typing.{room.id}", note)

    async def tell(self, room_id: str, user_id: str, active: bool) -> None:
        """The person types in the room, or stopped; typing that is not repeated stops after 5 s.

        A repetition is told again, not more often than every 2 s: who came meanwhile has not seen the first.
        """
        place, loop = (room_id, user_id), asyncio.get_running_loop()
        timer = self._timers.pop(place, None)
        if timer is not None:
            timer.cancel()
        if active:
            self._timers[place] = loop.call_later(_EXPIRES, self._expire, room_id, user_id)
            if loop.time() < self._told_at.get(place, 0.0) + _AGAIN:
                return
            self._told_at[place] = loop.time()
        elif self._told_at.pop(place, None) is None:
            return
        with suppress(Problem):  # best effort: without the broker nobody hears of it
            await self._bus.publish(f"typing.{room_id}", orjson.dumps({"user_id": user_id, "active": active}))

    def _expire(self, room_id: str, user_id: str) -> None:
        task = asyncio.ensure_future(self.tell(room_id, user_id, False))
        self._expiring.add(task)
        task.add_done_callback(self._expiring.discard)
