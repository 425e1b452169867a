"""What files hears from rooms: who is in which room, in order and once each, thanks to the kit's inbox."""

from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel

from services.files import store
from shared.database import WriteSession
from shared.events import Envelope
from shared.inbox import Inbox


class _Room(BaseModel):
    id: str


class _Member(BaseModel):
    user_id: str
    role: str


class RoomCreated(BaseModel):
    """A room, with the people who are in it from the start."""

    room: _Room
    members: list[_Member]


class MemberJoined(BaseModel):
    room_id: str
    member: _Member


class MemberLeft(BaseModel):
    room_id: str
    user_id: str


class MemberRoleChanged(BaseModel):
    room_id: str
    user_id: str
    role: str


class RoomDeleted(BaseModel):
    room_id: str


def _room_created(tx: WriteSession, event: RoomCreated) -> None:
    for member in event.members:
        store.put_member(tx, event.room.id, member.user_id, member.role)


def _member_joined(tx: WriteSession, event: MemberJoined) -> None:
    store.put_member(tx, event.room_id, event.member.user_id, event.member.role)


def _member_left(tx: WriteSession, event: MemberLeft) -> None:
    store.drop_member(tx, event.room_id, event.user_id)


def _member_role_changed(tx: WriteSession, event: MemberRoleChanged) -> None:
    store.put_member(tx, event.room_id, event.user_id, event.role)


def _room_deleted(tx: WriteSession, event: RoomDeleted) -> None:
    store.drop_room(tx, event.room_id)


_Heard = TypeVar("_Heard", bound=BaseModel)


def _reading(
    model: type[_Heard], apply: Callable[[WriteSession, _Heard], None]
) -> Callable[[WriteSession, Envelope], None]:
    def handler(tx: WriteSession, envelope: Envelope) -> None:
        apply(tx, model.model_validate(envelope.data))

    return handler


def subscribe(inbox: Inbox) -> None:
    """Keep our copy of rooms' memberships."""
    inbox.on("rooms", "room.created", _reading(RoomCreated, _room_created))
    inbox.on("rooms", "member.joined", _reading(MemberJoined, _member_joined))
    inbox.on("rooms", "member.left", _reading(MemberLeft, _member_left))
    inbox.on("rooms", "member.role_changed", _reading(MemberRoleChanged, _member_role_changed))
    inbox.on("rooms", "room.deleted", _reading(RoomDeleted, _room_deleted))
