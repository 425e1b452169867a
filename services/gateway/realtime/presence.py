"""Who is online, over all gateways: each tells its own people on core NATS and keeps a map of everybody else's.

A gateway numbers what it tells; whoever misses a number asks for the whole picture. One that is silent for 20 s is
forgotten with its people. Nothing is stored. The room "" stands for "on any socket", the room "*" for "on a socket that
somebody looks at" (attention.py).
"""

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from services.gateway.realtime.places import Places
from shared.bus import Bus
from shared.ids import new_id
from shared.problems import Problem
from shared.tasks import ended

ANYWHERE = ""
ATTENTIVE = "*"
Status = Literal["online", "away", "offline"]
_GRACE = 1.5
_BEAT = 5.0
_GONE = 20.0
_MOST_SEEN = 100_000  # people of whom it is kept when they went, those who went last: some 20 MB


@dataclass
class _Gateway:
    told: int = -1
    heard_at: float = 0.0
    people: Places = field(default_factory=Places)


class Presence:
    """`enter` and `leave` for this gateway's sockets, `online` for everybody's."""

    def __init__(self, bus: Bus) -> None:
        self.on_change: list[Callable[[str, str, bool], None]] = []
        """Called with (room id or "", user id, online) when somebody's first socket comes or last one went."""
        self._bus = bus
        self._id = new_id()
        self._here: Counter[tuple[str, str]] = Counter()
        self._told = Places()
        self._others: dict[str, _Gateway] = {}
        self._number = 0
        self._leaving: dict[tuple[str, str], asyncio.TimerHandle] = {}
        self._changes: list[tuple[str, str, bool]] = []
        self._seen: OrderedDict[str, float] = OrderedDict()
        self._flush_soon = asyncio.Event()
        self._asking: asyncio.Future[None] | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Tell and listen until left; what we told of is taken back at the end."""
        await self._bus.subscribe("presence.*", self._heard)
        self._bus.on_reconnect.append(self._ask_all)
        tasks = [asyncio.create_task(self._tell(), name="presence"), asyncio.create_task(self._beat(), name="beat")]
        self._ask_all()
        try:
            yield
        finally:
            for task in tasks:
                await ended(task)
            await self._publish({"bye": True})

    def enter(self, room_id: str, user_id: str) -> None:
        """One more socket of this person is in the room."""
        key = (room_id, user_id)
        self._here[key] += 1
        timer = self._leaving.pop(key, None)
        if timer is not None:
            timer.cancel()
        elif self._here[key] == 1:
            self._set(room_id, user_id, True)

    def leave(self, room_id: str, user_id: str) -> None:
        """One socket less; after the last one there is a moment of grace for who comes right back."""
        key = (room_id, user_id)
        self._here[key] -= 1
        if self._here[key] <= 0:
            del self._here[key]
            self._leaving[key] = asyncio.get_running_loop().call_later(_GRACE, self._left, room_id, user_id)

    def online(self, room_id: str) -> list[str]:
        """Who is in the room now, on any gateway, sorted."""
        return sorted(set().union(*(known.people(room_id) for known in self._all())))

    def rooms_of(self, user_id: str) -> set[str]:
        """Where this person is, on any gateway; ANYWHERE and ATTENTIVE too."""
        return set().union(*(known.rooms_of(user_id) for known in self._all()))

    def is_online(self, room_id: str, user_id: str) -> bool:
        """Whether this person is in the room (ANYWHERE: on any socket), on any gateway."""
        return any(known.has(room_id, user_id) for known in self._all())

    def status(self, user_id: str) -> Status:
        """What others are shown of this person."""
        if not self.is_online(ANYWHERE, user_id):
            return "offline"
        return "online" if self.is_online(ATTENTIVE, user_id) else "away"

    def last_seen(self, user_id: str) -> float | None:
        """When this person was last known to be online (seconds since the epoch), as far as this gateway saw it."""
        return self._seen.get(user_id)

    def _all(self) -> list[Places]:
        return [self._told, *(gateway.people for gateway in self._others.values())]

    def _left(self, room_id: str, user_id: str) -> None:
        self._leaving.pop((room_id, user_id), None)
        self._set(room_id, user_id, False)

    def _set(self, room_id: str, user_id: str, online: bool) -> None:
        before = self.is_online(room_id, user_id)
        _put(self._told, room_id, user_id, online)
        self._changes.append((room_id, user_id, online))
        self._flush_soon.set()
        self._announce(room_id, user_id, before)

    def _announce(self, room_id: str, user_id: str, before: bool) -> None:
        now = self.is_online(room_id, user_id)
        if now == before:
            return
        if room_id == ANYWHERE and not now:
            self._note_seen(user_id)
        for told in self.on_change:
            told(room_id, user_id, now)

    def _note_seen(self, user_id: str) -> None:
        self._seen[user_id] = time.time()
        self._seen.move_to_end(user_id)
        if len(self._seen) > _MOST_SEEN:
            self._seen.popitem(last=False)

    async def _tell(self) -> None:
        while True:
            await self._flush_soon.wait()
            self._flush_soon.clear()
            changes, self._changes = self._changes, []
            if changes:
                self._number += 1
                await self._publish({"n": self._number, "changes": changes})

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(_BEAT)
            await self._publish({"n": self._number})
            self._forget_silent()

    async def _publish(self, body: dict[str, Any]) -> None:
        with suppress(Problem):  # after a reconnect everybody tells everything anyway
            await self._bus.publish(f"presence.{self._id}", orjson.dumps({"gateway": self._id, **body}))

    def _ask_all(self) -> None:
        self._asking = asyncio.ensure_future(self._exchange())

    async def _exchange(self) -> None:
        await self._publish({"n": self._number, "ask": True})
        await self._tell_everything()

    async def _tell_everything(self) -> None:
        self._changes.clear()
        self._number += 1
        await self._publish({"n": self._number, "picture": self._told.picture()})

    async def _heard(self, message: Any) -> None:
        told = orjson.loads(message.data)
        who = told["gateway"]
        if who == self._id:
            return
        if told.get("bye"):
            self._forget(who)
            return
        gateway = self._others.setdefault(who, _Gateway())
        gateway.heard_at = time.monotonic()
        if told.get("ask"):
            await self._tell_everything()
        elif "picture" in told:
            self._replace(gateway, {(room_id, one) for room_id, people in told["picture"].items() for one in people})
            gateway.told = told["n"]
        elif "changes" in told and told["n"] == gateway.told + 1:
            gateway.told = told["n"]
            for room_id, user_id, online in told["changes"]:
                self._apply(gateway, room_id, user_id, online)
        elif told["n"] != gateway.told:
            await self._publish({"n": self._number, "ask": True})

    def _replace(self, gateway: _Gateway, there: set[tuple[str, str]]) -> None:
        was = {(room_id, one) for room_id, people in gateway.people.picture().items() for one in people}
        for room_id, user_id in was ^ there:
            self._apply(gateway, room_id, user_id, (room_id, user_id) in there)

    def _apply(self, gateway: _Gateway, room_id: str, user_id: str, online: bool) -> None:
        before = self.is_online(room_id, user_id)
        _put(gateway.people, room_id, user_id, online)
        self._announce(room_id, user_id, before)

    def _forget(self, who: str) -> None:
        gateway = self._others.get(who)
        if gateway is not None:
            self._replace(gateway, set())
            del self._others[who]

    def _forget_silent(self) -> None:
        limit = time.monotonic() - _GONE
        for who in [who for who, gateway in self._others.items() if gateway.heard_at < limit]:
            self._forget(who)


def _put(places: Places, room_id: str, user_id: str, online: bool) -> None:
    if online:
        places.add(room_id, user_id)
    else:
        places.discard(room_id, user_id)
