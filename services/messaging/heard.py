"""The shapes of what messaging hears from others; fields that it does not know are ignored."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel


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
    by: str | None = None


class RoomDeleted(BaseModel):
    room_id: str
    reason: str | None = None
    by: str | None = None


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
    by: str | None = None


class PublicUser(BaseModel):
    id: str
    username: str
    display_name: str
    avatar_url: str | None = None


class UserChanged(BaseModel):
    user: PublicUser


class UserDeleted(BaseModel):
    user_id: str


class Block(BaseModel):
    """user_id has blocked blocked_id, or lets them write again."""

    user_id: str
    blocked_id: str


class MemberRestricted(BaseModel):
    room_id: str
    user_id: str
    expires_at: datetime | None
    by: str | None = None
    reason: str | None = None


class MemberFreed(BaseModel):
    """`by` is None when the restriction ended by itself."""

    room_id: str
    user_id: str
    by: str | None = None


class UserMuted(BaseModel):
    user_id: str
    expires_at: datetime | None


class UserUnmuted(BaseModel):
    user_id: str


class MessageRemoved(BaseModel):
    message_id: str
    by: str | None = None
    reason: str | None = None


class TextDecided(BaseModel):
    """A moderator has approved or, for this reason, rejected a held text."""

    held_id: str
    reason: str | None = None


class FileDeleted(BaseModel):
    file_id: str
