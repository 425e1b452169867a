"""What files hears of others, in order and once each, thanks to the kit's inbox: who is in which room, which message
has which file, whose account or session is gone.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel

from services.files import queries, store
from services.files.actions.follow_message import message_gone, message_has
from services.files.actions.forget_user import forget_user
from shared.database import WriteSession
from shared.events import Envelope
from shared.inbox import Inbox


class _Room(BaseModel):
    id: str
    kind: str


class _Member(BaseModel):
    user_id: str
    role: str


class RoomCreated(BaseModel):
    """A room, with the people who are in it from the start."""

    room: _Room
    members: list[_Member]


class RoomUpdated(BaseModel):
    """Settings of a room that may be others now."""

    room: _Room


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


class _Message(BaseModel):
    id: str
    room_id: str
    # Messaging's copies of our own File objects, as we described them to it.
    attachments: list[dict[str, Any]]


class MessageTold(BaseModel):
    """A message as it is now."""

    message: _Message


class MessageDeleted(BaseModel):
    """A message that is gone, and the files that it had: the event that showed them may have been emptied before it
    came here. They may wait until then for a message that has the same text."""

    message_id: str
    room_id: str
    file_ids: list[str] = []
    files_wait_until: datetime | None = None


class RoomPurged(BaseModel):
    """Messages that their room keeps no longer: those of them that had files."""

    message_ids: list[str]


class UserDeleted(BaseModel):
    user_id: str


class SessionRevoked(BaseModel):
    session_id: str


def _room_created(tx: WriteSession, event: RoomCreated) -> None:
    store.put_room(tx, event.room.id, public=event.room.kind == "public")
    for member in event.members:
        store.put_member(tx, event.room.id, member.user_id, member.role)


def _room_updated(tx: WriteSession, event: RoomUpdated) -> None:
    store.put_room(tx, event.room.id, public=event.room.kind == "public")


def _member_joined(tx: WriteSession, event: MemberJoined) -> None:
    store.put_member(tx, event.room_id, event.member.user_id, event.member.role)


def _member_left(tx: WriteSession, event: MemberLeft) -> None:
    store.drop_member(tx, event.room_id, event.user_id)


def _member_role_changed(tx: WriteSession, event: MemberRoleChanged) -> None:
    store.put_member(tx, event.room_id, event.user_id, event.role)


def _room_deleted(tx: WriteSession, event: RoomDeleted) -> None:
    store.drop_room(tx, event.room_id)


def _has_files(data: Any) -> bool:
    """Nearly every message of the house comes by here; a new one had no files before that it could have lost."""
    return bool(data["message"]["attachments"])


def _message_told(tx: WriteSession, event: MessageTold) -> None:
    message = event.message
    file_ids = [file["id"] for file in message.attachments if isinstance(file.get("id"), str)]
    message_has(tx, message.id, message.room_id, file_ids)


def _message_deleted(tx: WriteSession, event: MessageDeleted) -> None:
    file_ids = queries.files_in(tx, event.room_id, event.file_ids)
    message_gone(tx, event.message_id, file_ids, event.files_wait_until)


def _room_purged(tx: WriteSession, event: RoomPurged) -> None:
    for message_id in event.message_ids:
        message_gone(tx, message_id)


def _user_deleted(tx: WriteSession, event: UserDeleted) -> None:
    forget_user(tx, event.user_id)


def _session_revoked(tx: WriteSession, event: SessionRevoked) -> None:
    store.note_ended_session(tx, event.session_id)


_Heard = TypeVar("_Heard", bound=BaseModel)


def _reading(
    model: type[_Heard], apply: Callable[[WriteSession, _Heard], None]
) -> Callable[[WriteSession, Envelope], None]:
    def handler(tx: WriteSession, envelope: Envelope) -> None:
        apply(tx, model.model_validate(envelope.data))

    return handler


def subscribe(inbox: Inbox) -> None:
    """Name the news that matter here."""
    inbox.on("rooms", "room.created", _reading(RoomCreated, _room_created))
    inbox.on("rooms", "room.updated", _reading(RoomUpdated, _room_updated))
    inbox.on("rooms", "member.joined", _reading(MemberJoined, _member_joined))
    inbox.on("rooms", "member.left", _reading(MemberLeft, _member_left))
    inbox.on("rooms", "member.role_changed", _reading(MemberRoleChanged, _member_role_changed))
    inbox.on("rooms", "room.deleted", _reading(RoomDeleted, _room_deleted))
    inbox.on("messaging", "message.created", _reading(MessageTold, _message_told), where=_has_files)
    inbox.on("messaging", "message.updated", _reading(MessageTold, _message_told))
    inbox.on("messaging", "message.deleted", _reading(MessageDeleted, _message_deleted))
    inbox.on("messaging", "room.purged", _reading(RoomPurged, _room_purged))
    inbox.on("auth", "user.deleted", _reading(UserDeleted, _user_deleted))
    inbox.on("auth", "session.revoked", _reading(SessionRevoked, _session_revoked))
