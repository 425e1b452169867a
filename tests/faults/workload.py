"""Clients that behave as REALTIME.md asks: they retry with the same client_id and come back with `since`."""

import asyncio
import json
import time
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.faults.history import History, Listener, Send
from tests.system.person import Person, is_entry

_ACK_PATIENCE = 4.0
_PAUSE = 0.05
_GONE = (OSError, ConnectionClosed, InvalidHandshake, TimeoutError, EOFError)


class Workload:
    """Senders and listeners in one room, and everything that they did and saw."""

    def __init__(self, room_id: str) -> None:
        self.room_id = room_id
        self.history = History()
        self.reconnects = 0
        self._done = asyncio.Event()

    async def send_all(self, person: Person, count: int, gap: float) -> None:
        """Send so many messages one after the other, each until it is acked."""
        socket: Any = None
        for number in range(count):
            send = Send(f"{person.username}-{number}", person.id, f"message {number}", time.monotonic())
            self.history.sends.append(send)
            while send.seq is None:
                try:
                    if socket is None:
                        socket = await self._open(person, None)
                    send.tries += 1
                    await self._try(socket, send)
                except _GONE:
                    await self._drop(socket)
                    socket = None
            await asyncio.sleep(gap)
        await self._drop(socket)

    async def listen(self, person: Person, name: str) -> None:
        """Read the room from its beginning, over as many connections as it takes, until told that all was sent."""
        listener = Listener(name)
        self.history.listeners.append(listener)
        epoch = None
        while True:
            since = listener.shown[-1][0] if listener.shown else 0
            try:
                socket = await self._open(person, since, epoch)
            except _GONE:
                await self._drop(None)
                continue
            try:
                while True:
                    frame = json.loads(await asyncio.wait_for(socket.recv(), 1))
                    epoch = frame["epoch"] if frame["type"] == "ready" else epoch
                    self._see(listener, frame)
            except TimeoutError:
                if self._done.is_set() and listener.shown and listener.shown[-1][0] >= self.head:
                    await self._drop(socket, pause=False)
                    return
                await self._drop(socket, pause=False)
            except _GONE:
                await self._drop(socket)

    @property
    def head(self) -> int:
        """The highest number that was acked."""
        return max((send.seq or 0 for send in self.history.sends), default=0)

    def finish(self) -> None:
        """All was sent: listeners end once they have seen it."""
        self._done.set()

    async def read_back(self, person: Person) -> History:
        """Read what is stored: messages over HTTP, every entry's number from a fresh replay."""
        self.history.stored = [one for one in await person.history(self.room_id) if one["kind"] == "text"]
        async with person.socket(f"/ws/{self.room_id}", since=0) as socket:
            await socket.until("caught_up")
            self.history.entries = socket.numbers(self.room_id)
        return self.history

    async def _try(self, socket: Any, send: Send) -> None:
        frame = {"type": "message.send", "client_id": send.client_id, "content": send.content}
        await socket.send(json.dumps(frame))
        async with asyncio.timeout(_ACK_PATIENCE):
            while True:
                answer = json.loads(await socket.recv())
                if answer.get("client_id") != send.client_id:
                    continue
                if answer["type"] == "ack":
                    send.seq, send.acked = answer["seq"], time.monotonic()
                    return
                assert answer["code"] in ("unavailable", "upstream_timeout"), answer
                await asyncio.sleep(_PAUSE)
                return

    def _see(self, listener: Listener, frame: dict[str, Any]) -> None:
        if frame["type"] == "resync":
            listener.resyncs += 1
        elif is_entry(frame):
            message = frame.get("message") or {}
            listener.shown.append((frame["seq"], message.get("client_id")))

    async def _open(self, person: Person, since: int | None, epoch: str | None = None) -> Any:
        query = "" if since is None else f"?since={since}" + (f"&epoch={epoch}" if epoch else "")
        url = f"{person.base.replace('http', 'ws', 1)}/ws/{self.room_id}{query}"
        subprotocols: list[Any] = ["bearer", person.token]
        return await connect(url, subprotocols=subprotocols, compression=None, open_timeout=5, close_timeout=0.5)

    async def _drop(self, socket: Any, *, pause: bool = True) -> None:
        if socket is not None:
            self.reconnects += 1
            socket.transport.abort()
            await socket.wait_closed()
        if pause:
            await asyncio.sleep(_PAUSE)
