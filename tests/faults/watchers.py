"""Many sockets that only look at a room, and come back as REALTIME.md asks: with `since`, and not before they may."""

import asyncio
import json
import random
import re
from collections.abc import Sequence
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from shared.tasks import ended
from tests.faults.history import Listener, Shown
from tests.system.person import Person, is_entry

_GONE = (OSError, ConnectionClosed, InvalidHandshake, TimeoutError, EOFError)
_PATIENCE = 10.0
_BEFORE_RETRY = (0.2, 1.0)


class Watcher:
    """One of them. `ends` has the code and reason of every end, (0, "") for a socket that did not come to be."""

    def __init__(self, person: Person, room_id: str, bases: Sequence[str], listener: Listener, haste: float) -> None:
        self.person = person
        self.listener = listener
        self.ready = 0
        self.is_in = False
        self.ends: list[tuple[int, str]] = []
        self.socket: ClientConnection | None = None
        self.room_id = room_id
        self._bases = bases
        self._haste = haste
        self._turn = 0
        self._epoch = ""

    @property
    def seq(self) -> int:
        """The last number it was shown."""
        return self.listener.shown[-1][0] if self.listener.shown else 0

    def cut(self) -> None:
        """Its socket breaks off, without a goodbye."""
        if self.socket is not None:
            self.socket.transport.abort()

    async def leave(self) -> None:
        """It goes in order, and comes back all the same."""
        if self.socket is not None:
            await self.socket.close()

    async def watch(self) -> None:
        """For ever; a gateway that is not there is followed by the next one."""
        while True:
            try:
                await self._connect()
            except ConnectionClosed as end:
                told = (end.rcvd.code, end.rcvd.reason) if end.rcvd else (1006, "")
            except _GONE:
                told = (0, "")
            finally:
                self.socket, self.is_in = None, False
            self.ends.append(told)
            if told[0] in (0, 1001):
                self._turn += 1
            await asyncio.sleep(_pause(told[1]) / self._haste)

    async def _connect(self) -> None:
        base = self._bases[self._turn % len(self._bases)]
        resume = f"since={self.seq}" + (f"&epoch={self._epoch}" if self._epoch else "")
        url = f"{base.replace('http', 'ws', 1)}/ws/{self.room_id}?{resume}"
        protocols: list[Any] = ["bearer", self.person.token]
        async with asyncio.timeout(_PATIENCE):
            socket = await connect(url, subprotocols=protocols, compression=None, ping_interval=None, close_timeout=0.5)
        try:
            self.socket = socket
            while True:
                self._see(json.loads(await socket.recv()))
        finally:
            socket.transport.abort()

    def _see(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "ready":
            self._epoch = frame["epoch"]
            self.ready += 1
            self.is_in = True
        elif frame["type"] == "resync":
            self.listener.resyncs += 1
        elif is_entry(frame):
            self.listener.shown.append(Shown.of(frame))


class Watchers:
    """All of them; `start` in a running loop, `stop` before its end. With more `haste` they wait less than told."""

    def __init__(self, haste: float = 1.0) -> None:
        self._haste = haste
        self.all: list[Watcher] = []
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, person: Person, room_id: str, bases: Sequence[str], count: int, listeners: list[Listener]) -> None:
        """So many more look at a room, each from its own of the gateways; what they see is noted in `listeners`."""
        for number in range(count):
            listener = Listener(f"watcher {len(self.all)}")
            own = [*bases[number % len(bases) :], *bases[: number % len(bases)]]
            watcher = Watcher(person, room_id, own, listener, self._haste)
            listeners.append(listener)
            self.all.append(watcher)
            self._tasks.append(asyncio.create_task(watcher.watch()))

    async def stop(self) -> None:
        """They look no more."""
        await asyncio.gather(*(ended(task) for task in self._tasks))

    def cut(self) -> None:
        """Every socket breaks off at once, without a goodbye."""
        for watcher in self.all:
            watcher.cut()

    async def back(self, since: Sequence[int], within: float = 60.0) -> None:
        """Until each has been let in again since `ready` was so."""
        async with asyncio.timeout(within):
            while any(one.ready <= before for one, before in zip(self.all, since, strict=True)):
                await asyncio.sleep(0.02)

    async def all_in(self, within: float = 60.0) -> None:
        """Until each is let in."""
        async with asyncio.timeout(within):
            while not all(one.is_in for one in self.all):
                await asyncio.sleep(0.02)

    async def sent_away(self, times: int, within: float = 30.0) -> None:
        """Until so many sockets were ended in order."""
        async with asyncio.timeout(within):
            while sum(code == 1001 for one in self.all for code, _ in one.ends) < times:
                await asyncio.sleep(0.02)

    async def reached(self, seqs: dict[str, int], within: float = 30.0) -> None:
        """Until each has seen its room up to that number."""
        async with asyncio.timeout(within):
            while any(one.seq < seqs[one.room_id] for one in self.all):
                await asyncio.sleep(0.02)

    @property
    def ready(self) -> list[int]:
        """How often each was let in."""
        return [one.ready for one in self.all]


def _pause(reason: str) -> float:
    """What the gateway asked for, or a moment that is not everybody's."""
    told = re.fullmatch(r"retry_after_ms=(\d+)", reason)
    return int(told[1]) / 1000 if told else random.uniform(*_BEFORE_RETRY)
