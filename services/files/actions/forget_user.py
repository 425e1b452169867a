"""Forget a person whose account is gone: messages stay, and so does what they show."""

from services.files import store
from services.files.actions.remove_avatar import remove_avatar
from shared.database import WriteSession


def forget_user(tx: WriteSession, user_id: str) -> None:
    """The picture goes now, and the files that no message has with the next sweep."""
    store.note_deleted_user(tx, user_id)
    remove_avatar(tx, user_id)
    store.stop_waiting(tx, user_id)
