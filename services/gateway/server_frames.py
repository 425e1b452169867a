"""The frames a client receives, as types, for the AsyncAPI document and for clients in tests.

Nothing is made of them here: messaging renders what it stored, realtime/ renders the rest.
"""

from typing import Any, Literal

import msgspec


class _Out(msgspec.Struct, tag_field="type", kw_only=True):
    pass


class _OfRoom(_Out):
    room_id: str


class _Entry(_OfRoom):
    """Something stored: its number in the room's one order."""

    seq: int


class Ready(_OfRoom, tag="ready"):
    """The first frame of each room."""

    seq: int
    epoch: str
    user: dict[str, Any]
    room: dict[str, Any]
    online: list[str]
    resumed: bool


class Ack(_Out, tag="ack"):
    """The command is stored for good: the message and the entry's number, the schedule of a message for later, or what
    waits for a moderator."""

    room_id: str
    client_id: str | None = None
    message_id: str | None = None
    seq: int | None = None
    scheduled_id: str | None = None
    send_at: str | None = None
    held_id: str | None = None


class Error(_Out, tag="error"):
    """A frame could not be carried out; the socket stays."""

    code: str
    detail: str
    client_id: str | None = None
    room_id: str | None = None
    retry_after: float | None = None


class MessageCreated(_Entry, tag="message.created"):
    """A message was stored."""

    message: dict[str, Any]


class MessageUpdated(_Entry, tag="message.updated"):
    """A message is another than before: edited, masked, or without a file that is gone."""

    message: dict[str, Any]


class MessageDeleted(_Entry, tag="message.deleted"):
    """A message was deleted; `by` is None when a rule did it."""

    message_id: str
    by: str | None = None
    reason: str | None = None


class _Reaction(_Entry):
    message_id: str
    user_id: str
    emoji: str


class ReactionAdded(_Reaction, tag="reaction.added"):
    """Somebody reacted."""


class ReactionRemoved(_Reaction, tag="reaction.removed"):
    """Somebody took a reaction back."""


class MessagePinned(_Entry, tag="message.pinned"):
    """A message was pinned."""

    message_id: str
    by: str


class MessageUnpinned(_Entry, tag="message.unpinned"):
    """A message is not pinned any more."""

    message_id: str
    by: str


class _OfMember(_Entry):
    user_id: str


class MemberJoined(_OfMember, tag="member.joined"):
    """Somebody became a member."""

    member: dict[str, Any]


class MemberLeft(_OfMember, tag="member.left"):
    """Somebody is not a member any more."""

    reason: str
    by: str | None = None


class MemberUpdated(_OfMember, tag="member.updated"):
    """A member's role in the room is another one; `by` is who gave it."""

    role: str
    by: str | None = None


class _Restriction(_OfMember):
    expires_at: str | None = None
    by: str | None = None
    reason: str | None = None


class MemberMuted(_Restriction, tag="member.muted"):
    """Somebody may not write."""


class MemberUnmuted(_Restriction, tag="member.unmuted"):
    """Somebody may write again."""


class MemberBanned(_Restriction, tag="member.banned"):
    """Somebody was removed and may not come back."""


class MemberUnbanned(_Restriction, tag="member.unbanned"):
    """Somebody may come back."""


class RoomUpdated(_Entry, tag="room.updated"):
    """The room's settings changed; `by` is who changed them. A new name or topic comes with the `message` (kind
    `system`, of this number) by which history tells of it."""

    room: dict[str, Any]
    by: str | None = None
    message: dict[str, Any] | None = None


class RoomDeleted(_Entry, tag="room.deleted"):
    """The room is no more."""

    reason: str | None = None
    by: str | None = None


class RoomPurged(_Entry, tag="room.purged"):
    """Every message before `before_seq` is gone: the room keeps them no longer. Of those that went with this entry,
    `message_ids` are the ones that had files."""

    before_seq: int
    message_ids: list[str]


class Typing(_OfRoom, tag="typing"):
    """Somebody types, or stopped; best effort."""

    user_id: str
    active: bool


class Presence(_OfRoom, tag="presence"):
    """Somebody came or went; best effort."""

    user_id: str
    status: Literal["online", "away", "offline"]


class Read(_OfRoom, tag="read"):
    """Somebody has read up to here; best effort."""

    user_id: str
    seq: int


class CaughtUp(_OfRoom, tag="caught_up"):
    """The replay is complete; what follows is live."""

    seq: int


class Resync(_OfRoom, tag="resync"):
    """Too far behind to replay: read history over HTTP, then go on from `seq`."""

    seq: int
    epoch: str


class TokenExpiring(_Out, tag="token.expiring"):
    """The socket's token ends soon: send auth.refresh."""

    expires_at: str


class Notice(_Out, tag="notice"):
    """Something for this person, wherever they are."""

    code: Literal["mention", "invite", "dm", "report", "held"]
    room_id: str | None = None
    message_id: str | None = None
    seq: int | None = None
    by: str | None = None
    room_name: str | None = None
    expires_at: str | None = None
    report_id: str | None = None
    held_id: str | None = None
    reason: str | None = None
    status: str | None = None
    action: str | None = None


class Pong(_Out, tag="pong"):
    """The answer to ping."""

    id: str | int | None = None


SERVER_FRAMES: tuple[type[msgspec.Struct], ...] = (
    Ready,
    Ack,
    Error,
    MessageCreated,
    MessageUpdated,
    MessageDeleted,
    ReactionAdded,
    ReactionRemoved,
    MessagePinned,
    MessageUnpinned,
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
    Typing,
    Presence,
    Read,
    CaughtUp,
    Resync,
    TokenExpiring,
    Notice,
    Pong,
)
