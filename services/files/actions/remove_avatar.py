"""Show no picture of a person any more."""

from services.files import store
from services.files.events import AvatarUpdated
from shared.database import WriteSession


def remove_avatar(tx: WriteSession, user_id: str) -> None:
    """The picture is gone for everybody at once; its content follows. Nothing happens when there is none."""
    if store.take_avatar(tx, user_id):
        tx.record(AvatarUpdated(user_id=user_id, avatar_url=None))
