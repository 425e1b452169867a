"""What moderation hears from rooms: who is in which room, and who was put out of one."""

from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel

from services.moderation import queries, store
from services.moderation.actions.note import note
from services.moderation.audit import Act
from shared.database import WriteSession
from shared.events import Envelope
from shared.inbox import Inbox


class RoomHeard(BaseModel):
    id: str


class MemberHeard(BaseModel):
    user_id: str
    role: str


class RoomCreated(BaseModel):
    """A room, with the people who are in it from the start."""

    room: RoomHeard
    members: list[MemberHeard]


class MemberJoined(BaseModel):
    room_id: str
    member: MemberHeard


class MemberLeft(BaseModel):
    """`by` is who put the member out, if somebody did."""

    room_id: str
    user_id: str
    reason: str
    by: str | None = None


class MemberRoleChanged(BaseModel):
    room_id: str
    user_id: str
    role: str


class RoomDeleted(BaseModel):
    room_id: str


def subscribe(inbox: Inbox) -> None:
    """Bind every event type to what it does here."""
    inbox.on("rooms", "room.created", _reading(RoomCreated, _room_created))
    inbox.on("rooms", "member.joined", _reading(MemberJoined, _member_joined))
    inbox.on("rooms", "member.left", _reading(MemberLeft, _member_left))
    inbox.on("rooms", "member.role_changed", _reading(MemberRoleChanged, _member_role_changed))
    inbox.on("rooms", "room.deleted", _reading(RoomDeleted, _room_deleted))


def _room_created(tx: WriteSession, told: RoomCreated, _: Envelope) -> None:
    for member in told.members:
        store.put_member(tx, told.room.id, member.user_id, member.role)


def _member_joined(tx: WriteSession, told: MemberJoined, _: Envelope) -> None:
    store.put_member(tx, told.room_id, told.member.user_id, told.member.role)


def _member_left(tx: WriteSession, told: MemberLeft, envelope: Envelope) -> None:
    store.drop_member(tx, told.room_id, told.user_id)
    act = Act(envelope.at, told.by, "kick", told.user_id, told.room_id, None)
    # Rooms tells again what it told before, when its database was restored.
    if told.reason == "kicked" and not queries.is_noted(tx, act):
        note(tx, act)


def _member_role_changed(tx: WriteSession, told: MemberRoleChanged, _: Envelope) -> None:
    store.put_member(tx, told.room_id, told.user_id, told.role)


def _room_deleted(tx: WriteSession, told: RoomDeleted, _: Envelope) -> None:
    store.drop_room(tx, told.room_id)


_Told = TypeVar("_Told", bound=BaseModel)


def _reading(
    model: type[_Told], apply: Callable[[WriteSession, _Told, Envelope], None]
) -> Callable[[WriteSession, Envelope], None]:
    def handler(tx: WriteSession, envelope: Envelope) -> None:
        apply(tx, model.model_validate(envelope.data), envelope)

    return handler
