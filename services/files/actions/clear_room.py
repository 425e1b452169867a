"""Delete the files of a room that is gone, a few at a time so that no other write waits for long."""

from services.files import store
from services.files.actions.drop import drop
from shared.database import WriteSession

BATCH = 100


def clear_room(tx: WriteSession, room_id: str) -> bool:
    """Whether the room is now without files."""
    ids = store.some_files_of(tx, room_id, BATCH)
    for file_id in ids:
        drop(tx, file_id)
    if len(ids) < BATCH:
        store.room_cleared(tx, room_id)
        return True
    return False
