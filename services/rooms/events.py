"""What the rooms service publishes. The committed schemas under contract/events/ are made from these."""

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from shared.clock import Timestamp
from shared.events import Event
from shared.ids import Id


class RoomState(BaseModel):
    """A room as its settings stand; who is in it is told by the member events."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    id: Id
    name: str
    description: str
    kind: Literal["public", "private", "direct"]
    owner_id: Id | None
    slow_mode_seconds: int
    profanity: Literal["off", "mask", "block"]
    archived: bool
    max_members: int | None
    retention_days: int | None
    expires_at: Timestamp | None
    created_at: Timestamp
    updated_at: Timestamp


class MemberState(BaseModel):
    """A member at the moment of joining."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    user_id: Id
    username: str
    display_name: str
    role: Literal["owner", "moderator", "member"]
    joined_at: Timestamp


class _RoomEvent(Event):
    producer: ClassVar[str] = "rooms"
    thing: ClassVar[str] = "room"


class RoomCreated(_RoomEvent):
    """A room begins, with everybody who is in it from the start."""

    name: ClassVar[str] = "created"
    room: RoomState
    members: list[MemberState]

    def entity_id(self) -> str:
        """The room's id, in the subject."""
        return self.room.id


class RoomUpdated(_RoomEvent):
    """The settings changed, or the owner did; `by` is who did it, nobody when an owner went and another took over."""

    name: ClassVar[str] = "updated"
    room: RoomState
    by: Id | None

    def entity_id(self) -> str:
        """The room's id, in the subject."""
        return self.room.id


class RoomDeleted(_RoomEvent):
    """The room ended: deleted by somebody, or by itself when its time was over or a closed room was left empty."""

    name: ClassVar[str] = "deleted"
    room_id: Id
    reason: Literal["deleted", "expired", "empty"]
    by: Id | None

    def entity_id(self) -> str:
        """The room's id, in the subject."""
        return self.room_id


class _MemberEvent(Event):
    producer: ClassVar[str] = "rooms"
    thing: ClassVar[str] = "member"
    room_id: Id

    def entity_id(self) -> str:
        """The room's id, in the subject."""
        return self.room_id


class MemberJoined(_MemberEvent):
    """Somebody came in."""

    name: ClassVar[str] = "joined"
    member: MemberState


class MemberLeft(_MemberEvent):
    """Somebody is out; `by` is who did it, nobody when the house did."""

    name: ClassVar[str] = "left"
    user_id: Id
    reason: Literal["left", "kicked", "banned"]
    by: Id | None


class MemberRoleChanged(_MemberEvent):
    """A member's role in the room is another one now; `by` is nobody when an owner went and this one took over."""

    name: ClassVar[str] = "role_changed"
    user_id: Id
    role: Literal["owner", "moderator", "member"]
    by: Id | None


class UserInvited(Event):
    """A named person was invited; the gateway shows it as a notice on the sockets of that user."""

    producer: ClassVar[str] = "rooms"
    thing: ClassVar[str] = "user"
    name: ClassVar[str] = "invited"
    user_id: Id
    room_id: Id
    room_name: str
    by: Id
    expires_at: Timestamp

    def entity_id(self) -> str:
        """The invited user's id, in the subject."""
        return self.user_id


PUBLISHED: tuple[type[Event], ...] = (
    RoomCreated,
    RoomUpdated,
    RoomDeleted,
    MemberJoined,
    MemberLeft,
    MemberRoleChanged,
    UserInvited,
)
