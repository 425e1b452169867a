"""A room on a gateway: messaging as the gateway sees it, and sockets in its room."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from services.gateway.tests.conftest import World
from services.gateway.tests.world import settings_for
from shared.bus import Bus
from shared.ids import new_id
from shared.testing.nats import NatsServer

PATIENCE = 20
EPOCH = "epoch-1"


class FakeMessaging:
    """One room's log; the first answer to who resumes waits until it is let go, as it was read, and the next pages (of
    `page` entries) until they may go on."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.room_id = new_id()
        self.log: list[dict[str, Any]] = []
        self.has_read = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.asked_for_heads = 0
        self.page: int | None = None
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self._telling: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Answer requests."""
        await self._bus.serve("attach", self._attach)
        await self._bus.serve("commands", self._commands)
        await self._bus.serve("replay", self._replay)
        await self._bus.serve("heads", self._heads)
        await self._bus.ping()

    def write(self, **entry: Any) -> None:
        """The next entry."""
        self.log.append({**entry, "room_id": self.room_id, "seq": len(self.log) + 1})

    async def tell(self, after: int) -> None:
        """What gateways hear of the entries after a number."""
        await self._bus.publish(f"messaging.room.{self.room_id}.entries", self._span(after))

    def _span(self, after: int, most: int | None = None) -> bytes:
        until = None if most is None else after + most
        frames = [json.dumps(entry, separators=(",", ":")).encode() for entry in self.log[after:until]]
        header: dict[str, Any] = {"epoch": EPOCH, "first": after + 1, "head": len(self.log)}
        header["sizes"] = [len(frame) for frame in frames]
        header["closes"] = bool(self.log[after:]) and self.log[-1]["type"] == "room.deleted"
        return json.dumps(header).encode() + b"\n" + b"".join(frames)

    async def _attach(self, _: Any) -> Any:
        return {"seq": len(self.log), "epoch": EPOCH, "user": {}, "room": {"id": self.room_id}}

    async def _commands(self, asked: dict[str, Any]) -> Any:
        """Stores what it is told, and tells of it in the same breath as it answers."""
        before = len(self.log)
        for command in asked["commands"]:
            self.write(type="message.created", message={"content": command["content"]})
        telling = asyncio.create_task(self.tell(before))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)
        return {"results": [{"seq": before + number + 1} for number in range(len(asked["commands"]))]}

    async def _heads(self, _: Any) -> Any:
        self.asked_for_heads += 1
        return {"epoch": EPOCH, "pos": len(self.log), "rooms": {self.room_id: len(self.log)}}

    async def _replay(self, asked: dict[str, Any]) -> bytes:
        span = self._span(asked["after"], self.page)
        if self.has_read.is_set() and not asked["resume"]:
            await self.may_go_on.wait()
        if asked["resume"] and not self.has_read.is_set():
            self.has_read.set()
            await self.may_answer.wait()
        return span


@pytest.fixture
async def messaging(nats_server: NatsServer) -> AsyncIterator[FakeMessaging]:
    """Messaging, answering on the broker."""
    bus = Bus("messaging", settings_for(nats_server))
    async with bus.connected():
        fake = FakeMessaging(bus)
        await fake.serve()
        yield fake


@pytest.fixture
def opened(world: World, messaging: FakeMessaging) -> Any:
    """Opens a socket of somebody new in the room."""

    @asynccontextmanager
    async def entered(query: str = "") -> AsyncIterator[ClientConnection]:
        url = f"{world.url.replace('http', 'ws', 1)}/ws/{messaging.room_id}{query}"
        async with connect(url, additional_headers=world.bearer()) as socket:
            yield socket

    return entered


async def until(socket: ClientConnection, kind: str) -> list[dict[str, Any]]:
    """The frames up to the first of this kind."""
    frames: list[dict[str, Any]] = []
    async with asyncio.timeout(PATIENCE):
        while not frames or frames[-1]["type"] != kind:
            frames.append(json.loads(await socket.recv()))
    return frames
