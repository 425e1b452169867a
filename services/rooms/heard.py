"""What we understand of the others' news and answers; fields that we do not know are ignored."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from shared.clock import Timestamp
from shared.ids import Id


class _Heard(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class Profile(_Heard):
    """Auth's public User object."""

    id: Id
    username: str
    display_name: str
    bio: str = ""
    avatar_url: str | None = None
    role: str
    created_at: Timestamp

    def public(self) -> dict[str, Any]:
        """As it is kept and shown."""
        return self.model_dump(mode="json")


class ProfileNews(_Heard):
    """Auth's `user.registered` and `user.updated`."""

    user: Profile


class RoleNews(_Heard):
    """Auth's `user.role_changed`."""

    user_id: Id
    role: str


class DeletionNews(_Heard):
    """Auth's `user.deleted`."""

    user_id: Id


class BlockNews(_Heard):
    """Auth's `user.blocked` and `user.unblocked`: `user_id` and whom that person has blocked."""

    user_id: Id
    blocked_id: Id


class BanNews(_Heard):
    """Moderation's `member.banned`; for ever without an end."""

    room_id: Id
    user_id: Id
    expires_at: Timestamp | None = None


class UnbanNews(_Heard):
    """Moderation's `member.unbanned`."""

    room_id: Id
    user_id: Id
