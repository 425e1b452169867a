"""What those who read notice of those who do not, in one room (F20)."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from tests.faults.process import descriptors, resident
from tests.faults.slow import TEXT
from tests.system.parley import Parley
from tests.system.person import Person, is_entry, register

_GAP = 0.04  # s between two messages
_BEFORE, _MEANWHILE = 200, 800  # messages; the second are 3 MB, more than the kernel and the gateway keep for a socket
_FEW = 5
_PATIENCE = 120.0


@dataclass
class Reader:
    """A socket that reads everything at once: the numbers it was shown, and how long each message took (s)."""

    socket: ClientConnection
    numbers: list[int] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)

    async def read(self, sent: dict[str, float]) -> None:
        """Until cancelled; `sent` has when each message was."""
        while True:
            frame = json.loads(await self.socket.recv())
            if is_entry(frame):
                self.numbers.append(frame["seq"])
                self.delays.append(time.monotonic() - sent[frame["message"]["client_id"]])


@dataclass
class Noticed:
    """p99 of deliveries with everybody reading, and with some not (s); by how many bytes the gateway grew meanwhile."""

    alone: float
    beside: float
    grown: int
    cut: int


async def read_beside(parley: Parley, readers: int, sleepers: int) -> Noticed:
    """So many read while so many others stop. Readers get everything, in order, and sleepers are cut, or it fails."""
    owner, speaker = await register(parley.base, "owner"), await register(parley.base, "speaker")
    room = await owner.create_room()
    await speaker.join(room)
    gateway = parley.pid("gateway")
    sent: dict[str, float] = {}
    async with AsyncExitStack() as stack:
        reading = [Reader(await stack.enter_async_context(_let_in(owner, room["id"]))) for _ in range(readers)]
        sleeping = [Reader(await stack.enter_async_context(_let_in(owner, room["id"]))) for _ in range(sleepers)]
        tasks = [asyncio.create_task(one.read(sent)) for one in [*reading, *sleeping]]
        said = await _say(speaker, room["id"], sent, "before", _BEFORE, reading)
        alone = _p99(reading)
        for task in tasks[readers:]:
            task.cancel()
        for one in sleeping:
            one.socket.transport.pause_reading()
        memory, files = resident(gateway), descriptors(gateway)
        said += await _say(speaker, room["id"], sent, "meanwhile", _MEANWHILE, reading)
        noticed = Noticed(alone, _p99(reading), resident(gateway) - memory, await _slow(parley))
        for one in reading:
            assert one.numbers == list(range(one.numbers[0], one.numbers[0] + said))
        async with asyncio.timeout(_PATIENCE):  # they still read nothing, not even that they are sent away
            while descriptors(gateway) > files - sleepers + _FEW:
                await asyncio.sleep(0.1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return noticed


@asynccontextmanager
async def _let_in(person: Person, room_id: str) -> AsyncIterator[ClientConnection]:
    protocols: list[Any] = ["bearer", person.token]
    url = f"{person.base.replace('http', 'ws', 1)}/ws/{room_id}"
    socket = await connect(url, subprotocols=protocols, compression=None, ping_interval=None, open_timeout=60)
    try:
        while json.loads(await socket.recv())["type"] != "ready":
            pass
        yield socket
    finally:
        socket.transport.abort()


async def _say(
    speaker: Person, room_id: str, sent: dict[str, float], what: str, count: int, readers: list[Reader]
) -> int:
    """At an even pace, until each reader has it; their delays are of these alone."""
    for one in readers:
        one.delays.clear()
    async with _let_in(speaker, room_id) as socket:
        deaf = asyncio.create_task(_ignore(socket))
        for number in range(count):
            client_id = f"{what}-{number}"
            sent[client_id] = time.monotonic()
            frame = {"type": "message.send", "client_id": client_id, "content": TEXT}
            await socket.send(json.dumps(frame))
            await asyncio.sleep(_GAP)
        async with asyncio.timeout(_PATIENCE):
            while any(len(one.delays) < count for one in readers):
                await asyncio.sleep(0.05)
        deaf.cancel()
    return count


async def _ignore(socket: ClientConnection) -> None:
    while True:
        await socket.recv()


async def _slow(parley: Parley) -> int:
    """How many sockets the gateway has closed for being slow."""
    async with httpx.AsyncClient() as http:
        measured = (await http.get(f"{parley.base}/metrics")).text
    [count] = re.findall(r"^parley_slow_consumers_total ([0-9.]+)$", measured, re.MULTILINE)
    return int(float(count))


def _p99(readers: list[Reader]) -> float:
    delays = sorted(delay for one in readers for delay in one.delays)
    return delays[int(0.99 * (len(delays) - 1))]
