"""What messaging publishes: an event for each kind of entry in a room's timeline, whose data is the very frame that
clients receive. The committed schemas under contract/events/ are made from these, and tests hold every frame to them.
"""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.clock import Timestamp
from shared.events import Event
from shared.ids import Id


class AuthorState(BaseModel):
    """The author as everybody sees them."""

    model_config = ConfigDict(extra="forbid")

    id: Id
    username: str
    display_name: str
    avatar_url: str | None


class ReactionCount(BaseModel):
    """An emoji and how many people chose it; who they are is told by the reaction events."""

    model_config = ConfigDict(extra="forbid")

    emoji: str
    count: int


class MessageState(BaseModel):
    """A message as everybody sees it; of a deleted one only the tombstone."""

    model_config = ConfigDict(extra="forbid")

    id: Id
    room_id: Id
    seq: int
    author: AuthorState
    content: str
    kind: Literal["text", "system"]
    reply_to: Id | None
    thread_id: Id | None
    attachments: list[dict[str, Any]]
    reactions: list[ReactionCount]
    mentions: list[Id]
    mentions_room: bool
    pinned: bool
    edited_at: Timestamp | None
    deleted_at: Timestamp | None
    created_at: Timestamp
    client_id: str | None


class MemberState(BaseModel):
    """A member as rooms told of it."""

    model_config = ConfigDict(extra="forbid")

    user_id: Id
    username: str
    display_name: str
    role: Literal["owner", "moderator", "member"]
    joined_at: Timestamp


class Entry(Event):
    """A stored change of a room and its number there."""

    producer: ClassVar[str] = "messaging"

    room_id: Id
    seq: int

    def entity_id(self) -> str:
        """The room's id, in the subject."""
        return self.room_id


class _OfMessage(Entry):
    thing: ClassVar[str] = "message"


class MessageCreated(_OfMessage):
    """Something was said."""

    name: ClassVar[str] = "created"
    type_: Literal["message.created"] = Field(alias="type")
    message: MessageState


class MessageUpdated(_OfMessage):
    """A message is another than before: edited, masked, or without a file that is gone."""

    name: ClassVar[str] = "updated"
    type_: Literal["message.updated"] = Field(alias="type")
    message: MessageState


class MessageDeleted(_OfMessage):
    """A message is a tombstone; `by` is nobody when a rule did it."""

    name: ClassVar[str] = "deleted"
    type_: Literal["message.deleted"] = Field(alias="type")
    message_id: Id
    by: Id | None
    reason: str | None
    file_ids: list[Id] = Field(default=[], description="of the files that it had")
    files_wait_until: Timestamp | None = Field(
        default=None, description="a moderator may yet let the text pass: until then its files wait for it"
    )
    by_moderator: bool = Field(
        default=False,
        description="`by` deleted somebody else's message by right of a role; what moderation decided is not meant",
    )


class MessagePinned(_OfMessage):
    """A message was pinned to its room."""

    name: ClassVar[str] = "pinned"
    type_: Literal["message.pinned"] = Field(alias="type")
    message_id: Id
    by: Id


class MessageUnpinned(_OfMessage):
    """A message is pinned no longer."""

    name: ClassVar[str] = "unpinned"
    type_: Literal["message.unpinned"] = Field(alias="type")
    message_id: Id
    by: Id


class _OfReaction(Entry):
    thing: ClassVar[str] = "reaction"
    message_id: Id
    user_id: Id
    emoji: str


class ReactionAdded(_OfReaction):
    """Somebody reacted to a message."""

    name: ClassVar[str] = "added"
    type_: Literal["reaction.added"] = Field(alias="type")


class ReactionRemoved(_OfReaction):
    """Somebody took a reaction back."""

    name: ClassVar[str] = "removed"
    type_: Literal["reaction.removed"] = Field(alias="type")


class _OfMember(Entry):
    thing: ClassVar[str] = "member"
    user_id: Id


class MemberJoined(_OfMember):
    """Somebody is in the room from here on."""

    name: ClassVar[str] = "joined"
    type_: Literal["member.joined"] = Field(alias="type")
    member: MemberState


class MemberLeft(_OfMember):
    """Somebody is out; nothing later comes from them or goes to them."""

    name: ClassVar[str] = "left"
    type_: Literal["member.left"] = Field(alias="type")
    reason: Literal["left", "kicked", "banned"]
    by: Id | None


class MemberUpdated(_OfMember):
    """Somebody's role in the room is another one; `by` is who gave it, nobody when an owner went."""

    name: ClassVar[str] = "updated"
    type_: Literal["member.updated"] = Field(alias="type")
    role: Literal["owner", "moderator", "member"]
    by: Id | None


class _Restricted(_OfMember):
    expires_at: Timestamp | None
    by: Id | None
    reason: str | None


class MemberMuted(_Restricted):
    """Somebody may not write until then."""

    name: ClassVar[str] = "muted"
    type_: Literal["member.muted"] = Field(alias="type")


class MemberBanned(_Restricted):
    """Somebody is out, and may not come back until then."""

    name: ClassVar[str] = "banned"
    type_: Literal["member.banned"] = Field(alias="type")


class _Freed(_OfMember):
    expires_at: None
    by: Id | None


class MemberUnmuted(_Freed):
    """Somebody may write again; `by` is nobody when it ended by itself."""

    name: ClassVar[str] = "unmuted"
    type_: Literal["member.unmuted"] = Field(alias="type")


class MemberUnbanned(_Freed):
    """Somebody may come back; `by` is nobody when it ended by itself."""

    name: ClassVar[str] = "unbanned"
    type_: Literal["member.unbanned"] = Field(alias="type")


class RoomUpdated(Entry):
    """The room's settings are others; the Room as clients see it, and who changed it. A new name or topic comes with
    the message (kind `system`, of this number) by which history tells of it."""

    thing: ClassVar[str] = "room"
    name: ClassVar[str] = "updated"
    type_: Literal["room.updated"] = Field(alias="type")
    room: dict[str, Any]
    by: Id | None
    message: MessageState | None = None


class RoomDeleted(Entry):
    """The room's last entry: deleted by somebody, or ended by itself."""

    thing: ClassVar[str] = "room"
    name: ClassVar[str] = "deleted"
    type_: Literal["room.deleted"] = Field(alias="type")
    reason: Literal["deleted", "expired", "empty"] | None
    by: Id | None


class RoomPurged(Entry):
    """What the room keeps no longer is gone: every message before `before_seq`. Of those that went with this entry,
    `message_ids` are the ones that had files."""

    thing: ClassVar[str] = "room"
    name: ClassVar[str] = "purged"
    type_: Literal["room.purged"] = Field(alias="type")
    before_seq: int
    message_ids: list[Id]


class _OfPerson(Event):
    """Told live to the person's own sockets, best effort; it is no entry of any room."""

    producer: ClassVar[str] = "messaging"
    thing: ClassVar[str] = "user"
    user_id: Id
    room_id: Id
    message_id: Id
    seq: int
    by: Id

    def entity_id(self) -> str:
        """The person's id, in the subject."""
        return self.user_id


class UserMentioned(_OfPerson):
    """A message mentions somebody, by name or as one of the room."""

    name: ClassVar[str] = "mentioned"


class UserDirect(_OfPerson):
    """A conversation of two has begun."""

    name: ClassVar[str] = "direct"


class UserRejected(Event):
    """A text that waited for the review is not sent; told live to its author's own sockets, best effort."""

    producer: ClassVar[str] = "messaging"
    thing: ClassVar[str] = "user"
    name: ClassVar[str] = "rejected"
    user_id: Id
    room_id: Id
    held_id: Id
    status: Literal["rejected"]
    reason: str

    def entity_id(self) -> str:
        """The person's id, in the subject."""
        return self.user_id


PUBLISHED: tuple[type[Event], ...] = (
    MessageCreated,
    MessageUpdated,
    MessageDeleted,
    MessagePinned,
    MessageUnpinned,
    ReactionAdded,
    ReactionRemoved,
    MemberJoined,
    MemberLeft,
    MemberUpdated,
    MemberMuted,
    MemberUnmuted,
    MemberBanned,
    MemberUnbanned,
    RoomUpdated,
    RoomDeleted,
    RoomPurged,
    UserMentioned,
    UserDirect,
    UserRejected,
)
