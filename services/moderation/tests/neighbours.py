"""The services around this one, as far as it talks to them: small, but on the real broker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import orjson
from nats.js.api import StreamConfig

from services.moderation.settings import Settings
from shared.bus import Bus
from shared.caller import Caller
from shared.clock import rfc3339, utc_now
from shared.ids import new_id
from shared.problems import NotFound, Unavailable


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

    async def tell(self, type_: str, entity_id: str, data: dict[str, Any]) -> None:
        """An event that everybody hears."""
        thing, name = type_.split(".")
        event: dict[str, Any] = {
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
        await self._bus.js.publish(event["subject"], orjson.dumps([event]))

    async def tell_all_again(self) -> None:
        """What was told so far, as after a restore of the database: the same, of another epoch."""
        self._epoch = new_id()
        self._events = [{**event, "epoch": self._epoch} for event in self._events]
        for event in self._events:
            await self._bus.js.publish(event["subject"], orjson.dumps([event]))

    async def _outbox(self, question: dict[str, Any]) -> dict[str, Any]:
        events = self._events[question["after"] :][: question["limit"]]
        return {"epoch": self._epoch, "last": len(self._events), "events": events}


class Auth(Teller):
    """Knows people, and says who they are."""

    def __init__(self, bus: Bus) -> None:
        super().__init__("auth", bus)
        self.people: dict[str, str] = {}
        self.away = False

    async def start(self) -> None:
        """Answer who people are, too."""
        await super().start()
        await self._bus.serve("users", self._users)

    def register(self, role: str = "user") -> Caller:
        """Somebody of whom no news has gone out yet."""
        user_id = new_id()
        self.people[user_id] = role
        return Caller(user_id, new_id(), role, "192.0.2.1")

    async def _users(self, question: dict[str, Any]) -> dict[str, Any]:
        if self.away:
            raise Unavailable
        known = [each for each in question["ids"] if each in self.people]
        return {"users": [{"id": each, "role": self.people[each], "username": "somebody"} for each in known]}


class Rooms(Teller):
    """Tells of rooms and their members."""

    def __init__(self, bus: Bus) -> None:
        super().__init__("rooms", bus)

    async def make(
        self,
        owner: Caller,
        *members: Caller,
        moderators: tuple[Caller, ...] = (),
        kind: str = "public",
        profanity: str = "off",
    ) -> str:
        """A room with these people; its id."""
        room = {"id": new_id(), "name": "Room", "kind": kind, "profanity": profanity}
        roles = [
            (owner, "owner"),
            *((each, "moderator") for each in moderators),
            *((each, "member") for each in members),
        ]
        people = [{"user_id": each.user_id, "role": role, "username": "somebody"} for each, role in roles]
        await self.tell("room.created", room["id"], {"room": room, "members": people})
        return room["id"]


class Messaging(Teller):
    """Takes what is handed over, shows messages, and tells of its rooms' entries."""

    def __init__(self, bus: Bus) -> None:
        super().__init__("messaging", bus)
        self.bus = bus
        self.pushed: list[dict[str, Any]] = []
        self.messages: dict[str, dict[str, Any]] = {}
        self.waiting: dict[str, dict[str, Any]] = {}
        self.away = False
        self.behind = 0

    async def start(self) -> None:
        """Answer what it is asked, too."""
        await super().start()
        await self.bus.serve("push", self._push)
        await self.bus.serve("snapshot", self._snapshot)
        await self.bus.serve("held", self._held)

    def types(self) -> list[str]:
        """What was handed over."""
        return [event["type"] for event in self.pushed]

    def write(self, author: Caller, room_id: str, content: str = "buy my pills") -> str:
        """A message that everybody sees; its id."""
        person = {"id": author.user_id, "username": "somebody", "display_name": "Somebody", "avatar_url": None}
        message_id = new_id()
        message = {"id": message_id, "room_id": room_id, "author": person, "content": content, "deleted_at": None}
        self.messages[message_id] = message
        return message_id

    def hold(self, author: Caller, room_id: str, content: str = "buy my pills", refusal: str | None = None) -> str:
        """A text that waits for a moderator; its id."""
        held_id = new_id()
        person = {"id": author.user_id, "username": "somebody", "display_name": "Somebody", "avatar_url": None}
        about: dict[str, Any] = {
            "message_id": None,
            "says_now": None,
            "reply_to": None,
            "attachments": [],
            "kind": "message",
        }
        said = {"room_id": room_id, "author": person, "content": content, "reason": "links", "refusal": refusal}
        self.waiting[held_id] = {"id": held_id, **about, **said, "note": None, "created_at": rfc3339(utc_now())}
        return held_id

    async def _held(self, question: dict[str, Any]) -> dict[str, Any]:
        """One at a time, as if there were no more room in an answer."""
        if self.away:
            raise Unavailable
        found = [
            each
            for each in self.waiting.values()
            if each["id"] > question.get("after", "")
            and question.get("id") in (None, each["id"])
            and question.get("room_id") in (None, each["room_id"])
            and question.get("author_id") in (None, each["author"]["id"])
        ]
        return {"items": found[:1], "more": len(found) > 1}

    async def _push(self, payload: dict[str, Any]) -> dict[str, int]:
        if self.away:
            raise Unavailable
        assert payload["producer"] == "moderation"
        self.pushed += payload["events"]
        return {"applied": payload["events"][-1]["id"] - self.behind}

    async def _snapshot(self, question: dict[str, Any]) -> dict[str, Any]:
        if self.away:
            raise Unavailable
        if (message := self.messages.get(question["message_id"])) is None:
            raise NotFound("There is no such message.")
        around = [each for each in self.messages.values() if each["room_id"] == message["room_id"]]
        at = around.index(message)
        return {"message": message, "before": around[max(0, at - 5) : at], "after": around[at + 1 : at + 6]}


class Neighbours:
    """All of them."""

    def __init__(self, settings: Settings) -> None:
        self._buses = {name: Bus(name, settings) for name in ("auth", "rooms", "messaging")}
        self.auth = Auth(self._buses["auth"])
        self.rooms = Rooms(self._buses["rooms"])
        self.messaging = Messaging(self._buses["messaging"])

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """They are there inside of this."""
        async with AsyncExitStack() as stack:
            for bus in self._buses.values():
                await stack.enter_async_context(bus.connected())
            await asyncio.gather(self.auth.start(), self.rooms.start(), self.messaging.start())
            for bus in self._buses.values():
                await bus.ping()
            yield
