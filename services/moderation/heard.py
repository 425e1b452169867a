"""What we understand of the others' news and answers; fields that we do not know are ignored."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from shared.ids import Id


class _Heard(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class Profile(_Heard):
    """Auth's public User object, as far as it matters here."""

    id: Id
    role: str


class ProfileNews(_Heard):
    """Auth's `user.registered` and `user.updated`."""

    user: Profile


class RoleNews(_Heard):
    """Auth's `user.role_changed`; `by` is nobody when the operator did it, or an auth told it that does not say who."""

    user_id: Id
    role: str
    by: Id | None = None


class BanNews(_Heard):
    """Auth's `user.banned`: out of the whole house."""

    user_id: Id
    by: Id
    reason: str


class UnbanNews(_Heard):
    """Auth's `user.unbanned`."""

    user_id: Id
    by: Id


class DeletionNews(_Heard):
    """Auth's `user.deleted`."""

    user_id: Id


class RoomHeard(_Heard):
    """A room's settings, as far as they matter here."""

    id: Id
    kind: str
    profanity: str


class MemberHeard(_Heard):
    """Somebody in a room."""

    user_id: Id
    role: str


class RoomCreated(_Heard):
    """A room, with the people who are in it from the start."""

    room: RoomHeard
    members: list[MemberHeard]


class RoomUpdated(_Heard):
    """A room's settings are others now."""

    room: RoomHeard


class RoomDeleted(_Heard):
    """A room is gone."""

    room_id: Id


class MemberJoined(_Heard):
    """Somebody came in."""

    room_id: Id
    member: MemberHeard


class MemberLeft(_Heard):
    """`by` is who put the member out, if somebody did."""

    room_id: Id
    user_id: Id
    reason: str
    by: Id | None = None


class MemberRoleChanged(_Heard):
    """A member's role in the room is another one now."""

    room_id: Id
    user_id: Id
    role: str


class MessageDeleted(_Heard):
    """Messaging's `message.deleted`; `by_moderator` when `by` took another's message away, and not by a decision here.

    A messaging that does not say so yet means nobody.
    """

    message_id: Id
    room_id: Id
    by: Id | None
    reason: str | None
    by_moderator: bool = False


class Snapshot(_Heard):
    """Messaging's answer: a message as somebody sees it, with up to five before and after it."""

    message: dict[str, Any]
    before: list[dict[str, Any]] = []
    after: list[dict[str, Any]] = []


class AuthorHeard(_Heard):
    """Who wrote something."""

    id: Id
    username: str
    display_name: str
    avatar_url: str | None


class HeldText(_Heard):
    """A text that waits, as messaging shows it; `refusal` is why approving it would not help."""

    id: Id
    kind: str
    room_id: Id
    author: AuthorHeard
    message_id: Id | None
    content: str
    says_now: str | None
    reply_to: Id | None
    attachments: list[dict[str, Any]]
    reason: str
    refusal: str | None
    created_at: str
