"""The services around messaging other than rooms, as far as it talks to them: small, but on the real broker."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import orjson
from nats.js.api import StreamConfig

from shared.bus import Bus
from shared.clock import rfc3339, utc_now
from shared.ids import new_id
from shared.settings import ProcessSettings


class Teller:
    """A producer of events: hands them over, and has an outbox for what was missed."""

    def __init__(self, service: str, settings: ProcessSettings) -> None:
        self.bus = Bus(service, settings)
        self._service = service
        self._epoch = new_id()
        self.events: list[dict[str, Any]] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """On the bus until left."""
        async with self.bus.connected():
            await self.bus.js.add_stream(StreamConfig(name=self._service.upper(), subjects=[f"{self._service}.>"]))
            await self.bus.serve("outbox", self._outbox)
            await self.serve()
            await self.bus.ping()
            yield

    async def serve(self) -> None:
        """Answer what else it is asked."""

    def record(self, type_: str, entity: str, **data: Any) -> dict[str, Any]:
        """An event that is committed and that nobody has heard of."""
        thing, _, name = type_.partition(".")
        event = {
            "id": len(self.events) + 1,
            "epoch": self._epoch,
            "producer": self._service,
            "type": type_,
            "subject": f"{self._service}.{thing}.{entity}.{name}",
            "at": rfc3339(utc_now()),
            "request_id": None,
            "data": data,
        }
        self.events.append(event)
        return event

    async def tell(self, type_: str, entity: str, **data: Any) -> None:
        """An event that whoever follows hears of."""
        event = self.record(type_, entity, **data)
        await self.bus.js.publish(event["subject"], orjson.dumps([event]))

    async def push(self, type_: str, entity: str, **data: Any) -> None:
        """Hand an event over before its caller is answered."""
        event = self.record(type_, entity, **data)
        reply = await self.bus.request("rpc.messaging.push", {"producer": self._service, "events": [event]})
        assert reply == {"applied": event["id"]}

    async def _outbox(self, question: dict[str, Any]) -> dict[str, Any]:
        events = self.events[question["after"] :][: question.get("limit", 100)]
        return {"epoch": self._epoch, "last": len(self.events), "events": events}


class Moderation(Teller):
    """Judges by a word in the text, as long as it is there."""

    def __init__(self, settings: ProcessSettings) -> None:
        super().__init__("moderation", settings)
        self.asked: list[list[dict[str, str]]] = []

    async def serve(self) -> None:
        await self.bus.serve("review", self._review)

    async def _review(self, request: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(request["texts"])
        return {"verdicts": [verdict(one["text"]) for one in request["texts"]]}


class Files(Teller):
    """Knows files by id."""

    def __init__(self, settings: ProcessSettings) -> None:
        super().__init__("files", settings)
        self.known: dict[str, dict[str, Any]] = {}
        self.held: dict[str, str] = {}

    async def serve(self) -> None:
        await self.bus.serve("describe", self._describe)

    def upload(self, user_id: str, room_id: str) -> str:
        """A file of this person in this room; its id."""
        file_id = new_id()
        url = f"/api/v1/files/{file_id}/content"
        about = {"name": "a.txt", "content_type": "text/plain", "size": 3, "thumbnail_url": None, "width": None}
        where = {"url": url, "uploaded_by": user_id, "room_id": room_id, "height": None}
        self.known[file_id] = {"id": file_id, **about, **where, "created_at": rfc3339(utc_now())}
        return file_id

    async def _describe(self, request: dict[str, Any]) -> dict[str, Any]:
        if "needed_until" in request:
            self.held |= dict.fromkeys(request["ids"], request["needed_until"])
        return {"files": [self.known[each] for each in request["ids"] if each in self.known]}


def verdict(text: str) -> dict[str, Any]:
    """What the word in a text makes of it."""
    if "bad" in text:
        return {"action": "block", "code": "profanity"}
    if "doubtful" in text:
        return {"action": "hold"}
    if "rude" in text:
        return {"action": "mask", "text": text.replace("rude", "****")}
    return {"action": "pass"}


class Neighbourhood:
    """All of them."""

    def __init__(self, settings: ProcessSettings) -> None:
        self.auth = Teller("auth", settings)
        self.moderation = Moderation(settings)
        self.files = Files(settings)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """They are there inside of this."""
        async with AsyncExitStack() as stack:
            for one in (self.auth, self.moderation, self.files):
                await stack.enter_async_context(one.running())
            yield
