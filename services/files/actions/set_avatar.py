"""Show another picture of a person."""

from dataclasses import dataclass

from services.files import queries, store
from services.files.events import AvatarUpdated
from shared.database import WriteSession
from shared.problems import NotFound


@dataclass(frozen=True, slots=True)
class NewAvatar:
    """A picture whose content is durable already; `hash` tells it from every other."""

    user_id: str
    blob: str
    hash: str
    size: int


def set_avatar(tx: WriteSession, avatar: NewAvatar) -> str:
    """The address of the picture. The account may be gone by now: NotFound."""
    if queries.is_deleted(tx, avatar.user_id):
        raise NotFound("There is no such account.")
    store.take_avatar(tx, avatar.user_id)
    store.add_avatar(tx, avatar.user_id, avatar.blob, avatar.hash, avatar.size)
    url = f"/api/v1/avatars/{avatar.user_id}?v={avatar.hash}"
    tx.record(AvatarUpdated(user_id=avatar.user_id, avatar_url=url))
    return url
