"""Delete a file."""

from services.files import policy, queries, store
from services.files.events import FileDeleted
from shared.caller import Caller
from shared.database import WriteSession


def delete(tx: WriteSession, caller: Caller, file_id: str) -> None:
    """The file is gone for everybody at once; its content follows."""
    row = queries.file_row(tx, file_id)
    policy.may_delete(caller, row["uploaded_by"], queries.room_role(tx, row["room_id"], caller.user_id))
    if store.take_file(tx, file_id) is None:
        raise policy.no_such_file()
    tx.record(FileDeleted(file_id=file_id, room_id=row["room_id"]))
