"""F22: the last entry before a silence is lost on the way; nothing that follows would show it."""

import asyncio
from pathlib import Path

from tests.faults.arena import ProxiedArena, running
from tests.system.person import register


async def test_a_lost_last_entry_is_seen_within_seconds(tmp_path: Path) -> None:
    await lose_the_tail(ProxiedArena(tmp_path), times=3)


async def lose_the_tail(arena: ProxiedArena, times: int) -> None:
    """The gateway's connection to NATS is cut while the message is told of."""
    async with running(arena):
        person = await register(arena.parley.base, "ada")
        room = await person.create_room()
        async with person.socket(f"/ws/{room['id']}") as socket:
            await socket.until("ready")
            for number in range(times):
                arena.proxies["gateway"].cut()
                await person.call("POST", f"/rooms/{room['id']}/messages", 201, json={"content": f"tail {number}"})
                arena.proxies["gateway"].heal()
                async with asyncio.timeout(5):
                    shown = await socket.until("message.created")
                assert shown["message"]["content"] == f"tail {number}"
