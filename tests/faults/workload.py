"""Clients that behave as REALTIME.md asks: they retry with the same client_id and come back with `since`."""

import asyncio
import itertools
import json
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from shared.clock import rfc3339, utc_now
from shared.tasks import ended
from tests.faults.history import History, Listener, Send, Shown, Stay, removals
from tests.system.person import Person, api, is_entry

_ACK_PATIENCE = 10.0  # two are promised, on a machine that has nothing else to do
_TALKING_ON = 4.0
_PAUSE = 0.05
_LISTENERS_PATIENCE = 15.0
_GONE = (OSError, ConnectionClosed, InvalidHandshake, TimeoutError, EOFError)
_REMOVED = (4403, 4404)
_LATER = ("unavailable", "upstream_timeout")


class Workload:
    """Senders and listeners in one room, and everything that they did and saw.

    `slowest` is the longest wait for an ack or a refusal (s), `unanswered` how often neither came on an open socket,
    `refusals` what senders were told instead of an ack.
    """

    def __init__(self, room_id: str) -> None:
        self.room_id = room_id
        self.history = History()
        self.reconnects = 0
        self.refusals: Counter[str] = Counter()
        self.unanswered = 0
        self.slowest = 0.0
        self._intrusions = itertools.count()
        self._give_up = float("inf")
        self._done = asyncio.Event()
        self._enough = asyncio.Event()
        self._open_sockets: set[Any] = set()

    async def send_all(self, person: Person, count: int, gap: float) -> None:
        """Send so many messages one after the other, each until it is acked."""
        socket: Any = None
        for number in range(count):
            if self._enough.is_set():
                break
            send = Send(f"{person.username}-{number}", person.id, f"message {number}", time.monotonic())
            self.history.sends.append(send)
            socket = await self._send(person, send, socket)
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
                    async with asyncio.timeout(1):
                        frame = json.loads(await socket.recv())
                    epoch = frame["epoch"] if frame["type"] == "ready" else epoch
                    self._see(listener, frame)
            except TimeoutError:
                await self._drop(socket, pause=False)
                if self._done.is_set() and self._has_all(listener):
                    return
            except _GONE:
                await self._drop(socket)

    async def schedule(self, person: Person, delays: Iterable[float]) -> None:
        """Leave messages that fall due in so many seconds, whoever is there then."""
        for number, delay in enumerate(delays):
            send = Send(f"{person.username}-due-{number}", person.id, f"due {number}", time.monotonic())
            self.history.sends.append(send)
            body = {"client_id": send.client_id, "content": send.content}
            due = rfc3339(utc_now() + timedelta(seconds=delay))
            await person.call("POST", f"/rooms/{self.room_id}/messages", 202, json=body | {"send_at": due})

    async def intrude(self, guest: Person, owner: Person) -> None:
        """A guest joins, talks as fast as it can, is silenced, talks again and is removed, until enough was sent."""
        mute = f"/rooms/{self.room_id}/mute/{guest.id}"
        while not self._enough.is_set():
            if not await self._asked(guest, "POST", f"/rooms/{self.room_id}/join", {}):
                continue
            await self._talk_until(guest, owner, "POST", mute, {"reason": "too loud"})
            while not await self._asked(owner, "DELETE", mute):
                pass
            staying = asyncio.create_task(self._stay(guest))
            removed = await self._talk_until(guest, owner, "DELETE", f"/rooms/{self.room_id}/members/{guest.id}")
            self.history.removed += removed < 300
            await asyncio.sleep(_PAUSE)
            await ended(staying)

    async def _talk_until(self, guest: Person, owner: Person, method: str, path: str, body: Any = None) -> int:
        """Talk until the owner has seen to it that this ends, and a little longer if not; what the owner was told."""
        talking = asyncio.create_task(self._talk(guest))
        await asyncio.sleep(5 * _PAUSE)
        while not (answer := await self._asked(owner, method, path, body)):
            pass
        await asyncio.wait([talking], timeout=_TALKING_ON)
        await ended(talking)
        return answer

    async def _stay(self, guest: Person) -> None:
        """Look at the room, over as many connections as it takes, until sent away for good."""
        while True:
            stay = Stay(guest.id)
            self.history.stays.append(stay)
            socket: Any = None
            try:
                socket = await self._open(guest, None)
                while True:
                    frame = json.loads(await socket.recv())
                    stay.entries += [frame] if is_entry(frame) else []
            except ConnectionClosed as end:
                if end.rcvd is not None and end.rcvd.code in _REMOVED:
                    return
                await asyncio.sleep(_PAUSE)
            except _GONE:
                await asyncio.sleep(_PAUSE)
            finally:
                if socket is not None:
                    self._open_sockets.discard(socket)
                    socket.transport.abort()

    async def _talk(self, guest: Person) -> None:
        """Talk over HTTP until refused."""
        async with api(guest.base, guest.token) as http:
            for number in self._intrusions:
                send = Send(f"{guest.username}-{number}", guest.id, f"intrusion {number}", time.monotonic())
                self.history.sends.append(send)
                body = {"client_id": send.client_id, "content": send.content}
                try:
                    answer = await http.post(f"/rooms/{self.room_id}/messages", json=body)
                except httpx.TransportError:
                    await asyncio.sleep(_PAUSE)
                    continue
                self.history.statuses[answer.status_code] += 1
                if answer.status_code in (200, 201):
                    send.seq, send.acked = answer.json()["seq"], time.monotonic()
                elif answer.status_code < 500:
                    break

    def _has_all(self, listener: Listener) -> bool:
        """Or will never have it."""
        seen = listener.shown[-1][0] if listener.shown else 0
        return seen >= self.head or time.monotonic() > self._give_up

    @property
    def head(self) -> int:
        """The highest number that was acked."""
        return max((send.seq or 0 for send in self.history.sends), default=0)

    def enough(self) -> None:
        """Senders stop when what they have begun is acked."""
        self._enough.set()

    def finish(self) -> None:
        """All was sent: listeners end once they have seen it, or have waited for it long enough."""
        self.history.over = time.monotonic()
        self._give_up = self.history.over + _LISTENERS_PATIENCE
        self._done.set()

    def cut_clients(self) -> None:
        """Every socket breaks off, without a goodbye."""
        for socket in list(self._open_sockets):
            socket.transport.abort()

    async def settle(self, person: Person) -> None:
        """Until the room's order has every removal: messaging may have heard of it later than who asked for it."""
        async with asyncio.timeout(_LISTENERS_PATIENCE):
            while removals((await self.read_back(person)).log) < self.history.removed:
                await asyncio.sleep(10 * _PAUSE)

    async def read_back(self, person: Person) -> History:
        """Read what is stored: messages over HTTP, every entry from a fresh replay, as far as it comes."""
        self.history.stored = [one for one in await person.history(self.room_id) if one["kind"] == "text"]
        async with person.socket(f"/ws/{self.room_id}", since=0) as socket:
            with suppress(ConnectionClosed):  # nobody gets into a room with a hole: the checker misses all of it
                await socket.until("caught_up")
            self.history.log = [frame for frame in socket.seen if is_entry(frame)]
        return self.history

    async def _send(self, person: Person, send: Send, socket: Any) -> Any:
        """Until it is acked; the socket that it was acked on."""
        while send.seq is None:
            try:
                if socket is None:
                    socket = await self._open(person, None)
                send.tries += 1
                answer = await self._answer(socket, send)
                if answer["type"] == "ack":
                    send.seq, send.acked = answer["seq"], time.monotonic()
                else:
                    assert answer["code"] in _LATER, answer
                    self.refusals[answer["code"]] += 1
                    await asyncio.sleep(_PAUSE)
            except _GONE:
                await self._drop(socket)
                socket = None
        return socket

    async def _answer(self, socket: Any, send: Send) -> Any:
        frame = {"type": "message.send", "client_id": send.client_id, "content": send.content}
        began = time.monotonic()
        await socket.send(json.dumps(frame))
        try:
            async with asyncio.timeout(_ACK_PATIENCE):
                while True:
                    answer = json.loads(await socket.recv())
                    if answer.get("client_id") == send.client_id:
                        self.slowest = max(self.slowest, time.monotonic() - began)
                        return answer
        except TimeoutError:
            self.unanswered += 1
            raise

    async def _asked(self, person: Person, method: str, path: str, body: Any = None) -> int:
        """The status of a call that was carried out, or was made unnecessary by one whose answer was lost; else 0."""
        try:
            async with api(person.base, person.token) as http:
                answer = await http.request(method, path, json=body)
        except httpx.TransportError:
            await asyncio.sleep(_PAUSE)
            return 0
        self.history.statuses[answer.status_code] += 1
        assert answer.status_code in (200, 202, 204, 404) or answer.status_code >= 500, answer.text
        if answer.status_code >= 500:
            await asyncio.sleep(_PAUSE)
            return 0
        return answer.status_code

    def _see(self, listener: Listener, frame: dict[str, Any]) -> None:
        if frame["type"] == "resync":
            listener.resyncs += 1
        elif is_entry(frame):
            listener.shown.append(Shown.of(frame))
            listener.last_at = time.monotonic()

    async def _open(self, person: Person, since: int | None, epoch: str | None = None) -> Any:
        query = "" if since is None else f"?since={since}" + (f"&epoch={epoch}" if epoch else "")
        url = f"{person.base.replace('http', 'ws', 1)}/ws/{self.room_id}{query}"
        subprotocols: list[Any] = ["bearer", person.token]
        socket = await connect(url, subprotocols=subprotocols, compression=None, open_timeout=5, close_timeout=0.5)
        self._open_sockets.add(socket)
        return socket

    async def _drop(self, socket: Any, *, pause: bool = True) -> None:
        if socket is not None:
            self.reconnects += 1
            self._open_sockets.discard(socket)
            socket.transport.abort()
            await socket.wait_closed()
        if pause:
            await asyncio.sleep(_PAUSE)
