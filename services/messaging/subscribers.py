"""What messaging hears: rooms' and auth's events, applied once and in order through the inbox."""

from collections.abc import Callable
from typing import Any

import structlog
from pydantic import BaseModel
from sqlalchemy import delete, insert, update

from services.messaging import members
from services.messaging.models import users
from shared.database import WriteSession
from shared.events import Envelope
from shared.inbox import Inbox
from shared.problems import NotFound

_log = structlog.get_logger(__name__)
_Handler = Callable[[WriteSession, Envelope], None]


class MemberState(BaseModel):
    """A member as rooms tells of it; unknown fields are ignored."""

    user_id: str
    username: str
    display_name: str
    role: str
    joined_at: str


class RoomCreated(BaseModel):
    room: dict[str, Any]
    members: list[MemberState]


class RoomUpdated(BaseModel):
    room: dict[str, Any]


class RoomDeleted(BaseModel):
    room_id: str


class MemberJoined(BaseModel):
    room_id: str
    member: MemberState


class MemberLeft(BaseModel):
    room_id: str
    user_id: str
    reason: str
    by: str | None = None


class MemberRoleChanged(BaseModel):
    room_id: str
    user_id: str
    role: str


class PublicUser(BaseModel):
    id: str
    username: str
    display_name: str
    avatar_url: str | None = None


class UserChanged(BaseModel):
    user: PublicUser


class UserDeleted(BaseModel):
    user_id: str


def subscribe(inbox: Inbox, told: Callable[[], None]) -> None:
    """Bind every event type to what it does here; `told` is called after a commit that added entries."""

    def entries(handler: _Handler) -> _Handler:
        def handle(tx: WriteSession, event: Envelope) -> None:
            handler(tx, event)
            tx.after_commit(told)

        return handle

    inbox.on("rooms", "room.created", entries(_room_created))
    inbox.on("rooms", "room.updated", entries(_room_updated))
    inbox.on("rooms", "room.deleted", entries(_room_deleted))
    inbox.on("rooms", "member.joined", entries(_member_joined))
    inbox.on("rooms", "member.left", entries(_member_left))
    inbox.on("rooms", "member.role_changed", entries(_member_role_changed))
    inbox.on("auth", "user.registered", _user_changed)
    inbox.on("auth", "user.updated", _user_changed)
    inbox.on("auth", "user.deleted", _user_deleted)


def _room_created(tx: WriteSession, event: Envelope) -> None:
    told = RoomCreated.model_validate(event.data)
    members.create_room(tx, told.room, [member.model_dump() for member in told.members])


def _room_updated(tx: WriteSession, event: Envelope) -> None:
    members.update_room(tx, RoomUpdated.model_validate(event.data).room)


def _room_deleted(tx: WriteSession, event: Envelope) -> None:
    members.delete_room(tx, RoomDeleted.model_validate(event.data).room_id)


def _member_joined(tx: WriteSession, event: Envelope) -> None:
    told = MemberJoined.model_validate(event.data)
    members.join(tx, told.room_id, told.member.model_dump())


def _member_left(tx: WriteSession, event: Envelope) -> None:
    told = MemberLeft.model_validate(event.data)
    try:
        members.leave(tx, told.room_id, told.user_id, told.reason, told.by)
    except NotFound:
        _log.info("a member left a room that is already gone", room_id=told.room_id)


def _member_role_changed(tx: WriteSession, event: Envelope) -> None:
    told = MemberRoleChanged.model_validate(event.data)
    members.change_role(tx, told.room_id, told.user_id, told.role)


def _user_changed(tx: WriteSession, event: Envelope) -> None:
    user = UserChanged.model_validate(event.data).user
    tx.execute(delete(users).where(users.c.id == user.id))
    tx.execute(insert(users).values(**user.model_dump(), deleted=False))


def _user_deleted(tx: WriteSession, event: Envelope) -> None:
    user_id = UserDeleted.model_validate(event.data).user_id
    tx.execute(
        update(users)
        .where(users.c.id == user_id)
        .values(username="deleted", display_name="deleted user", avatar_url=None, deleted=True)
    )
