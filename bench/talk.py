"""One person on a few sockets that see very many rooms, talking in all of them at a steady pace."""

import asyncio
import json
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import cycle
from typing import Self

from websockets.asyncio.client import ClientConnection, connect

from bench import cpu
from bench.failed import Failed
from bench.servers.parley import Parley
from shared.tasks import in_background

_PER_SOCKET = 1_000
_AT_ONCE = 50
_PATIENCE = 90.0
_WARM = 1.0


@dataclass(frozen=True)
class Talk:
    """What was taken within the window, and what it cost by process (us)."""

    messages: int
    spent: Mapping[str, float]


class Talker:
    """Has subscribed to every room of a Parley, and talks in them one after the other when it is told to."""

    def __init__(self, parley: Parley) -> None:
        self._parley = parley
        self._places: list[tuple[ClientConnection, str]] = []
        self._seen = _Seen()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        rooms = list(self._parley.rooms.values())
        for start in range(0, len(rooms), _PER_SOCKET):
            socket = await self._stack.enter_async_context(_open(self._parley))
            share = rooms[start : start + _PER_SOCKET]
            await _subscribe(socket, share)
            self._places += [(socket, room) for room in share]
            await self._stack.enter_async_context(in_background(self._seen.read(socket), "reader"))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def talk(self, *, rate: float, seconds: float) -> Talk:
        """Send `rate` messages a second; what is measured begins when it has gone on for a while."""
        async with in_background(_send(cycle(self._places), rate, _WARM + seconds), "sender"):
            await asyncio.sleep(_WARM)
            acks, before = self._seen.acks, cpu.spent(self._parley.pids)
            await asyncio.sleep(seconds)
            acks, after = self._seen.acks - acks, cpu.spent(self._parley.pids)
        return Talk(max(1, acks), {name: after[name] - before[name] for name in after})


class _Seen:
    acks = 0

    async def read(self, socket: ClientConnection) -> None:
        async for text in socket:
            self.acks += str(text).startswith('{"type":"ack"')


def _open(parley: Parley) -> connect:
    url = f"ws://127.0.0.1:{parley.port}/ws"
    headers = {"Authorization": f"Bearer {parley.token(0)}"}
    return connect(url, additional_headers=headers, compression=None, max_size=None)


async def _subscribe(socket: ClientConnection, rooms: list[str]) -> None:
    try:
        async with asyncio.timeout(_PATIENCE):
            for start in range(0, len(rooms), _AT_ONCE):
                await _subscribe_some(socket, rooms[start : start + _AT_ONCE])
    except TimeoutError:
        raise Failed(f"{len(rooms):,} rooms could not be joined within {_PATIENCE:.0f} s.") from None


async def _subscribe_some(socket: ClientConnection, rooms: list[str]) -> None:
    for room in rooms:
        await socket.send(json.dumps({"type": "subscribe", "room_id": room}))
    ready = 0
    while ready < len(rooms):
        frame = json.loads(await socket.recv())
        if frame["type"] == "error":
            raise Failed(f"A room could not be joined: {frame['code']}.")
        ready += frame["type"] == "ready"


async def _send(places: "cycle[tuple[ClientConnection, str]]", rate: float, seconds: float) -> None:
    begun = time.monotonic()
    for number, (socket, room) in enumerate(places):
        if (due := begun + number / rate) > begun + seconds:
            return
        if (early := due - time.monotonic()) > 0:
            await asyncio.sleep(early)
        frame = {"type": "message.send", "room_id": room, "client_id": f"talk-{begun}-{number}", "content": "hello all"}
        await socket.send(json.dumps(frame))
