"""What the moderation service publishes. The committed schemas under contract/events/ are made from these."""

from typing import ClassVar, Literal

from shared.clock import Timestamp
from shared.events import Event
from shared.ids import Id


class _MemberEvent(Event):
    producer: ClassVar[str] = "moderation"
    thing: ClassVar[str] = "member"
    room_id: Id
    user_id: Id

    def entity_id(self) -> str:
        """The room's id, in the subject."""
        return self.room_id


class MemberMuted(_MemberEvent):
    """May read and not write in this room, until it ends; `by` is null when a rule did it."""

    name: ClassVar[str] = "muted"
    expires_at: Timestamp | None
    by: Id | None
    reason: str | None


class MemberUnmuted(_MemberEvent):
    """May write again; `by` is null when the time was over."""

    name: ClassVar[str] = "unmuted"
    by: Id | None


class MemberBanned(_MemberEvent):
    """Out of the room, and stays out until it ends."""

    name: ClassVar[str] = "banned"
    expires_at: Timestamp | None
    by: Id | None
    reason: str | None


class MemberUnbanned(_MemberEvent):
    """May come back, if the room lets them in; `by` is null when the time was over."""

    name: ClassVar[str] = "unbanned"
    by: Id | None


class MemberHeld(_MemberEvent):
    """A moderator looks at everything they write in this room before others see it, until it ends."""

    name: ClassVar[str] = "held"
    expires_at: Timestamp | None
    by: Id | None
    reason: str | None


class MemberReleased(_MemberEvent):
    """What they write here needs nobody's look any more; `by` is null when the time was over."""

    name: ClassVar[str] = "released"
    by: Id | None


class _UserEvent(Event):
    producer: ClassVar[str] = "moderation"
    thing: ClassVar[str] = "user"
    user_id: Id

    def entity_id(self) -> str:
        """The user's id, in the subject."""
        return self.user_id


class UserMuted(_UserEvent):
    """May not write anywhere in the house, until it ends."""

    name: ClassVar[str] = "muted"
    expires_at: Timestamp | None
    by: Id | None
    reason: str | None


class UserUnmuted(_UserEvent):
    """May write again; `by` is null when the time was over."""

    name: ClassVar[str] = "unmuted"
    by: Id | None


class UserHeld(_UserEvent):
    """A moderator looks at everything they write anywhere before others see it, until it ends."""

    name: ClassVar[str] = "held"
    expires_at: Timestamp | None
    by: Id | None
    reason: str | None


class UserReleased(_UserEvent):
    """What they write needs nobody's look any more; `by` is null when the time was over."""

    name: ClassVar[str] = "released"
    by: Id | None


class MessageRemoved(Event):
    """A message has to go; messaging makes it a tombstone."""

    producer: ClassVar[str] = "moderation"
    thing: ClassVar[str] = "message"
    name: ClassVar[str] = "removed"
    room_id: Id
    message_id: Id
    by: Id | None
    reason: str | None

    def entity_id(self) -> str:
        """The message's id, in the subject."""
        return self.message_id


class _Decided(Event):
    """The gateway shows it as a notice on the author's sockets."""

    producer: ClassVar[str] = "moderation"
    thing: ClassVar[str] = "message"
    held_id: Id
    room_id: Id
    author_id: Id
    by: Id
    reason: str | None

    def entity_id(self) -> str:
        """The author's id, in the subject."""
        return self.author_id

    @property
    def subject(self) -> str:
        """Where the notices of one person are heard."""
        return f"moderation.user.{self.author_id}.message_{self.name}"


class MessageApproved(_Decided):
    """A held text may be sent: messaging gives it its number, and a message the held text's id."""

    name: ClassVar[str] = "approved"
    status: Literal["approved"]


class MessageRejected(_Decided):
    """A held text is not sent."""

    name: ClassVar[str] = "rejected"
    status: Literal["rejected"]


class ReportResolved(Event):
    """What became of a report; the gateway shows it as a notice on the reporter's sockets."""

    producer: ClassVar[str] = "moderation"
    thing: ClassVar[str] = "report"
    name: ClassVar[str] = "resolved"
    report_id: Id
    reporter_id: Id
    status: Literal["resolved", "dismissed"]
    action: Literal["dismiss", "delete_message", "mute", "ban"] | None

    def entity_id(self) -> str:
        """The reporter's id, in the subject."""
        return self.reporter_id

    @property
    def subject(self) -> str:
        """Where the notices of one person are heard."""
        return f"moderation.user.{self.reporter_id}.report_resolved"


PUBLISHED: tuple[type[Event], ...] = (
    MemberMuted,
    MemberUnmuted,
    MemberBanned,
    MemberUnbanned,
    UserMuted,
    UserUnmuted,
    MemberHeld,
    MemberReleased,
    UserHeld,
    UserReleased,
    MessageRemoved,
    MessageApproved,
    MessageRejected,
    ReportResolved,
)
