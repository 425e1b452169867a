"""Forget a person whose account is gone: messages stay, and so does what they show."""

from typing import Any

from services.files import store
from services.files.actions.remove_avatar import remove_avatar
from shared.database import WriteSession
from shared.outbox import amend
from shared.web import idempotency


def forget_user(tx: WriteSession, user_id: str) -> None:
    """The picture goes now, and the files that no message has with the next sweep."""
    store.note_deleted_user(tx, user_id)
    remove_avatar(tx, user_id)
    store.stop_waiting(tx, user_id)
    idempotency.forget(tx, user_id)
    amend(tx, user_id, lambda data: _unnamed(data, user_id))


def _unnamed(data: dict[str, Any], user_id: str) -> dict[str, Any]:
    """What is kept for replay does not say how the person called their files."""
    file = data.get("file")
    if not isinstance(file, dict) or file["uploaded_by"] != user_id:
        return data
    return {**data, "file": {**file, "name": "deleted"}}
