"""Delete a file."""

from services.files import policy, queries
from services.files.actions.drop import drop
from shared.caller import Caller
from shared.database import WriteSession


def delete(tx: WriteSession, caller: Caller, file_id: str) -> None:
    """The file is gone for everybody at once; its content follows."""
    row = queries.file_row(tx, file_id)
    room_role = queries.room_role(tx, row["room_id"], caller.user_id)
    between_two = queries.is_between_two(tx, row["room_id"])
    policy.may_delete(caller, row["uploaded_by"], room_role, between_two=between_two)
    if not drop(tx, file_id):
        raise policy.no_such_file()
