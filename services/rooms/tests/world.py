"""A small world for tests of actions and queries: people, rooms and what was told, on a real database."""

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from services.rooms.actions.create_room import create_room
from services.rooms.actions.join import join
from services.rooms.actions.set_role import set_role
from services.rooms.policy import RoomRole
from services.rooms.schemas import NewRoom, Room
from services.rooms.store import users
from shared.caller import Caller
from shared.clock import rfc3339, utc_now
from shared.database import Database, WriteSession
from shared.events import Envelope
from shared.ids import new_id

_P = ParamSpec("_P")
_R = TypeVar("_R")


def profile(user_id: str, username: str, role: str = "user") -> dict[str, Any]:
    """A public User object as auth makes it."""
    return {
        "id": user_id,
        "username": username,
        "display_name": username.title(),
        "bio": "",
        "avatar_url": None,
        "role": role,
        "created_at": rfc3339(utc_now()),
    }


class World:
    """Acts as people, and remembers what was told since it was last asked."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self._told: list[Envelope] = []
        db.on_commit.append(lambda tx: self._told.extend(tx.recorded))

    async def person(self, name: str = "ada", role: str = "user") -> Caller:
        """Somebody whom auth has told us of."""
        user_id = new_id()
        await self.db.write(users.put, profile(user_id, f"{name}-{user_id[-6:]}", role))
        return Caller(user_id, new_id(), role, "127.0.0.1")

    async def room(self, owner: Caller, **settings: Any) -> Room:
        """A room of this owner."""
        return await self.act(create_room, owner, NewRoom(**{"name": "Room", **settings}))

    async def member(self, room: Room, role: RoomRole = "member", *, owner: Caller) -> Caller:
        """Somebody new in a public room, with this role."""
        newcomer = await self.person("member")
        await self.act(join, newcomer, room.id, None)
        if role != "member":
            await self.act(set_role, owner, room.id, newcomer.user_id, role)
        return newcomer

    async def act(self, action: Callable[Concatenate[WriteSession, _P], _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Run an action; what was told before it is forgotten."""
        self._told.clear()
        return await self.db.write(action, *args, **kwargs)

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        """Type and data of what the last action told."""
        return [(envelope.type, envelope.data) for envelope in self._told]

    def told_types(self) -> list[str]:
        """The types alone."""
        return [envelope.type for envelope in self._told]

    def told_subjects(self) -> list[str]:
        """The subjects alone."""
        return [envelope.subject for envelope in self._told]

    async def member_ids(self, room_id: str) -> list[tuple[str, str]]:
        """Everybody in the room with their roles, longest-standing first; the kept count agrees."""
        return await self.db.read(_member_ids, room_id)


def _member_ids(tx: Any, room_id: str) -> list[tuple[str, str]]:
    from sqlalchemy import select

    from services.rooms.models import members, rooms

    query = select(members.c.user_id, members.c.role).where(members.c.room_id == room_id)
    found = [tuple(row) for row in tx.execute(query.order_by(members.c.joined_at, members.c.user_id))]
    count = tx.execute(select(rooms.c.member_count).where(rooms.c.id == room_id)).scalar_one_or_none()
    assert count in (None, len(found))
    return found
