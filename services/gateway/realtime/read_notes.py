"""How far others have read: told by messaging on core NATS, shown to the room, best effort."""

from typing import Any

import orjson

from services.gateway.realtime.frames import render
from services.gateway.realtime.room import LiveRoom
from shared.bus import Bus


async def follow_reads(bus: Bus, room: LiveRoom) -> Any:
    """Show the room's read markers to it; returns the subscription."""

    async def note(message: Any) -> None:
        for user_id, seq in orjson.loads(message.data):
            room.broadcast(render({"type": "read", "room_id": room.id, "user_id": user_id, "seq": seq}))

    return await bus.subscribe(f"messaging.room.{room.id}.reads", note)
