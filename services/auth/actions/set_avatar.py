"""Show another picture of somebody, as the files service told us."""

from services.auth.events import UserState, UserUpdated
from services.auth.store import users
from shared.database import WriteSession


def set_avatar(tx: WriteSession, user_id: str, avatar_url: str | None) -> None:
    """The picture from now on; the account may be gone by now."""
    user = users.find(tx, user_id)
    if user is None or user.avatar_url == avatar_url:
        return
    users.change(tx, user_id, {"avatar_url": avatar_url})
    user = users.find(tx, user_id)
    tx.record(UserUpdated(user=UserState.model_validate(user)))
