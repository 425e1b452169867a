"""Somebody who talks while an operator works."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.system.person import Person


class Talk:
    """Somebody who goes on talking."""

    def __init__(self, person: Person, room_id: str) -> None:
        self.person = person
        self.room_id = room_id
        self.acked: dict[int, str] = {}

    async def say(self, content: str) -> int:
        """One message, acked; its number."""
        said = {"content": content, "client_id": content}
        answer = await self.person.call("POST", f"/rooms/{self.room_id}/messages", (200, 201), json=said)
        self.acked[answer["seq"]] = content
        return int(answer["seq"])

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Talk while inside of this."""
        stop = asyncio.Event()

        async def talk() -> None:
            number = 0
            while not stop.is_set():
                number += 1
                await self.say(f"word {number}")

        task = asyncio.create_task(talk())
        try:
            yield
        finally:
            stop.set()
            await task

    async def more(self, count: int) -> None:
        """Until so many more were acked."""
        wanted = len(self.acked) + count
        async with asyncio.timeout(60):
            while len(self.acked) < wanted:
                await asyncio.sleep(0.01)
