"""Let go of a file, for whatever reason, and tell the others."""

from services.files import store
from services.files.events import FileDeleted
from shared.database import WriteSession


def drop(tx: WriteSession, file_id: str) -> bool:
    """Whether there was such a file. It is gone for everybody at once; its contents follow."""
    row = store.take_file(tx, file_id)
    if row is None:
        return False
    tx.record(FileDeleted(file_id=file_id, room_id=row["room_id"]))
    return True
