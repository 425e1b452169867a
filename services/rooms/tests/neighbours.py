"""The services around this one, as far as it talks to them: small, but on the real broker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import orjson
from nats.js.api import StreamConfig

from services.rooms.settings import Settings
from services.rooms.tests.world import profile
from shared.bus import Bus
from shared.caller import Caller
from shared.clock import rfc3339, utc_now
from shared.ids import new_id
from shared.problems import Unavailable


class Teller:
    """A producer of events with an outbox and a stream, as the kit's."""

    def __init__(self, service: str, bus: Bus) -> None:
        self._service = service
        self._bus = bus
        self._epoch = new_id()
        self._events: list[dict[str, Any]] = []

    async def start(self) -> None:
        """Have a stream, and answer what was missed."""
        await self._bus.js.add_stream(StreamConfig(name=self._service.upper(), subjects=[f"{self._service}.>"]))
        await self._bus.serve("outbox", self._outbox)

    def record(self, type_: str, entity_id: str, data: dict[str, Any]) -> dict[str, Any]:
        """An event that is committed and not on its way yet."""
        thing, name = type_.split(".")
        event = {
            "id": len(self._events) + 1,
            "epoch": self._epoch,
            "producer": self._service,
            "type": type_,
            "subject": f"{self._service}.{thing}.{entity_id}.{name}",
            "at": rfc3339(utc_now()),
            "request_id": None,
            "data": data,
        }
        self._events.append(event)
        return event

    async def tell(self, type_: str, entity_id: str, data: dict[str, Any]) -> None:
        """An event that everybody hears."""
        event = self.record(type_, entity_id, data)
        await self._bus.js.publish(event["subject"], orjson.dumps([event]))

    async def _outbox(self, question: dict[str, Any]) -> dict[str, Any]:
        events = self._events[question["after"] :][: question["limit"]]
        return {"epoch": self._epoch, "last": len(self._events), "events": events}


class Auth(Teller):
    """Knows people, and says who they are."""

    def __init__(self, bus: Bus) -> None:
        super().__init__("auth", bus)
        self.people: dict[str, dict[str, Any]] = {}
        self.asked: list[list[str]] = []
        self.away = False

    async def start(self) -> None:
        """Answer who people are, too."""
        await super().start()
        await self._bus.serve("users", self._users)

    def register(self, name: str, role: str = "user") -> Caller:
        """Somebody of whom no news has gone out yet."""
        user_id = new_id()
        self.people[user_id] = profile(user_id, f"{name}-{user_id[-6:]}", role)
        return Caller(user_id, new_id(), role, "192.0.2.1")

    async def _users(self, question: dict[str, Any]) -> dict[str, Any]:
        if self.away:
            raise Unavailable
        self.asked.append(question["ids"])
        return {"users": [self.people[each] for each in question["ids"] if each in self.people]}


class Moderation(Teller):
    """Bans, and has words that it does not like."""

    def __init__(self, bus: Bus) -> None:
        super().__init__("moderation", bus)
        self.verdicts: dict[str, dict[str, Any]] = {}
        self.asked: list[dict[str, str]] = []
        self.away = False

    async def start(self) -> None:
        """Review, too."""
        await super().start()
        await self._bus.serve("review", self._review)

    async def _review(self, question: dict[str, Any]) -> dict[str, Any]:
        if self.away:
            raise Unavailable
        self.asked += question["texts"]
        return {"verdicts": [self.verdicts.get(each["text"], {"action": "pass"}) for each in question["texts"]]}


class Messaging:
    """Takes what is handed over, after as long as it is told to wait."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.pushed: list[list[dict[str, Any]]] = []
        self.away = False
        self.delay = 0.0
        self.behind = 0

    async def start(self) -> None:
        """Answer."""
        await self._bus.serve("push", self._push)

    @property
    def events(self) -> list[dict[str, Any]]:
        """Everything that was handed over, in the order of the ids."""
        return sorted((event for events in self.pushed for event in events), key=lambda event: event["id"])

    def types(self) -> list[str]:
        """The types alone."""
        return [event["type"] for event in self.events]

    async def _push(self, payload: dict[str, Any]) -> dict[str, int]:
        if self.away:
            raise Unavailable
        await asyncio.sleep(self.delay)
        assert payload["producer"] == "rooms"
        ids = [event["id"] for event in payload["events"]]
        assert ids == sorted(ids)
        self.pushed.append(payload["events"])
        return {"applied": ids[-1] - self.behind}


class Neighbours:
    """All of them, and a bus of somebody who asks."""

    def __init__(self, settings: Settings) -> None:
        self._buses = {name: Bus(name, settings) for name in ("auth", "messaging", "moderation", "gateway")}
        self.auth = Auth(self._buses["auth"])
        self.messaging = Messaging(self._buses["messaging"])
        self.moderation = Moderation(self._buses["moderation"])
        self.gateway = self._buses["gateway"]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """They are there inside of this."""
        async with AsyncExitStack() as stack:
            for bus in self._buses.values():
                await stack.enter_async_context(bus.connected())
            await self.auth.start()
            await self.messaging.start()
            await self.moderation.start()
            for bus in self._buses.values():
                await bus.ping()
            yield
