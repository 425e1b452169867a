"""The rooms service as files sees it: a real outbox on the real broker, and events as rooms' contract has them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import MetaData, create_engine

from shared.bus import Bus
from shared.clock import rfc3339, utc_now
from shared.database import Database, WriteSession
from shared.events import Event
from shared.ids import new_id
from shared.outbox import Outbox, outbox_tables
from shared.settings import ProcessSettings


class _RoomsEvent(Event):
    producer: ClassVar[str] = "rooms"

    def entity_id(self) -> str:
        told = self.model_dump()
        return str(told["room_id"] if "room_id" in told else told["room"]["id"])


class RoomCreated(_RoomsEvent):
    thing: ClassVar[str] = "room"
    name: ClassVar[str] = "created"
    room: dict[str, Any]
    members: list[dict[str, Any]]


class RoomUpdated(_RoomsEvent):
    thing: ClassVar[str] = "room"
    name: ClassVar[str] = "updated"
    room: dict[str, Any]
    by: str | None


class RoomDeleted(_RoomsEvent):
    thing: ClassVar[str] = "room"
    name: ClassVar[str] = "deleted"
    room_id: str


class MemberJoined(_RoomsEvent):
    thing: ClassVar[str] = "member"
    name: ClassVar[str] = "joined"
    room_id: str
    member: dict[str, Any]


class MemberLeft(_RoomsEvent):
    thing: ClassVar[str] = "member"
    name: ClassVar[str] = "left"
    room_id: str
    user_id: str
    reason: str
    by: str | None


class MemberRoleChanged(_RoomsEvent):
    thing: ClassVar[str] = "member"
    name: ClassVar[str] = "role_changed"
    room_id: str
    user_id: str
    role: str


class FakeRooms:
    """Says what happens in rooms."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def tell(self, event: Event) -> None:
        """Record an event, as rooms would in its own transaction."""

        def record(tx: WriteSession) -> None:
            tx.record(event)

        await self._db.write(record)

    async def room(self, **roles: str) -> str:
        """A new room with these members: `await rooms.room(**{user_id: "owner"})`."""
        event = room_created(new_id(), roles)
        await self.tell(event)
        return str(event.room["id"])

    async def open_up(self, room_id: str, kind: str = "public") -> None:
        """Everybody may see the room now, or nobody any more."""
        room = room_created(room_id, {}).room | {"kind": kind}
        await self.tell(RoomUpdated(room=room, by=None))

    async def join(self, room_id: str, user_id: str) -> None:
        """Somebody comes in."""
        await self.tell(MemberJoined(room_id=room_id, member=member_state(user_id, "member")))

    async def leave(self, room_id: str, user_id: str, reason: str = "left") -> None:
        """Somebody goes, or has to."""
        await self.tell(MemberLeft(room_id=room_id, user_id=user_id, reason=reason, by=user_id))

    async def promote(self, room_id: str, user_id: str, role: str) -> None:
        """Somebody has another role now."""
        await self.tell(MemberRoleChanged(room_id=room_id, user_id=user_id, role=role))

    async def delete(self, room_id: str) -> None:
        """The room ends."""
        await self.tell(RoomDeleted(room_id=room_id))


def room_created(room_id: str, roles: dict[str, str]) -> RoomCreated:
    """The event of a new room."""
    now = rfc3339(utc_now())
    room = {
        "id": room_id,
        "name": "a room",
        "description": "",
        "kind": "private",
        "owner_id": next(iter(roles), None),
        "slow_mode_seconds": 0,
        "profanity": "off",
        "archived": False,
        "max_members": None,
        "retention_days": None,
        "expires_at": None,
        "created_at": now,
        "updated_at": now,
    }
    return RoomCreated(room=room, members=[member_state(user_id, role) for user_id, role in roles.items()])


def member_state(user_id: str, role: str) -> dict[str, Any]:
    """A member as rooms tells of one."""
    name = f"user-{user_id[-6:]}"
    joined = rfc3339(utc_now())
    return {"user_id": user_id, "username": name, "display_name": name, "role": role, "joined_at": joined}


@asynccontextmanager
async def rooms_running(nats_url: str, folder: Path) -> AsyncIterator[FakeRooms]:
    """Rooms, at work."""
    async with outbox_running("rooms", nats_url, folder) as db:
        yield FakeRooms(db)


@asynccontextmanager
async def outbox_running(service: str, nats_url: str, folder: Path) -> AsyncIterator[Database]:
    """A service of which only the outbox is real: what is recorded in its database is told."""
    url = f"sqlite:///{folder / service}.db"
    engine = create_engine(url)
    metadata = MetaData()
    outbox_tables(metadata)
    metadata.create_all(engine)
    engine.dispose()
    db = Database(url)
    bus = Bus(service, ProcessSettings(nats_url=nats_url))
    async with AsyncExitStack() as stack:
        for part in (db.running, bus.connected, Outbox(service, db, bus).running):
            await stack.enter_async_context(part())
        yield db
