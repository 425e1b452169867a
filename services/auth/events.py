"""What the auth service publishes. The committed schemas under contract/events/ are made from these."""

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from shared.clock import Timestamp
from shared.events import Event
from shared.ids import Id


class UserState(BaseModel):
    """The public profile."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    id: Id
    username: str
    display_name: str
    bio: str
    avatar_url: str | None
    role: Literal["user", "moderator", "admin"]
    created_at: Timestamp


class _ProfileEvent(Event):
    producer: ClassVar[str] = "auth"
    thing: ClassVar[str] = "user"
    user: UserState

    def entity_id(self) -> str:
        """The user's id, in the subject."""
        return self.user.id


class UserRegistered(_ProfileEvent):
    """Somebody has an account now."""

    name: ClassVar[str] = "registered"


class UserUpdated(_ProfileEvent):
    """The public profile is another one now."""

    name: ClassVar[str] = "updated"


class _UserEvent(Event):
    producer: ClassVar[str] = "auth"
    thing: ClassVar[str] = "user"
    user_id: Id

    def entity_id(self) -> str:
        """The user's id, in the subject."""
        return self.user_id


class UserRoleChanged(_UserEvent):
    """The role in the house is another one now; tokens that are out carry the old one.

    `by` is null when the operator's command gave it.
    """

    name: ClassVar[str] = "role_changed"
    role: Literal["user", "moderator", "admin"]
    by: Id | None = None


class UserBanned(_UserEvent):
    """Out of the whole house, and stays out until it ends."""

    name: ClassVar[str] = "banned"
    expires_at: Timestamp | None
    by: Id
    reason: str


class UserUnbanned(_UserEvent):
    """Somebody lifted the ban; one whose time is over ends without this."""

    name: ClassVar[str] = "unbanned"
    by: Id


class UserDeleted(_UserEvent):
    """The account is gone; what others keep of the person has to go too."""

    name: ClassVar[str] = "deleted"


class UserBlocked(_UserEvent):
    """Somebody does not want to hear from somebody else."""

    name: ClassVar[str] = "blocked"
    blocked_id: Id


class UserUnblocked(_UserEvent):
    """That is over."""

    name: ClassVar[str] = "unblocked"
    blocked_id: Id


class SessionRevoked(Event):
    """A session or a personal access token ended before its time: its tokens and sockets end with it."""

    producer: ClassVar[str] = "auth"
    thing: ClassVar[str] = "session"
    name: ClassVar[str] = "revoked"
    session_id: Id
    user_id: Id

    def entity_id(self) -> str:
        """The session's id, in the subject."""
        return self.session_id


PUBLISHED: tuple[type[Event], ...] = (
    UserRegistered,
    UserUpdated,
    UserRoleChanged,
    UserBanned,
    UserUnbanned,
    UserDeleted,
    UserBlocked,
    UserUnblocked,
    SessionRevoked,
)
