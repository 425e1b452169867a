"""Put a new password in place of one that was right."""

from services.auth.access import enter_in_person
from services.auth.actions.end_sessions import end_sessions_of
from services.auth.store import mails, users
from services.auth.store.users import UserRow
from shared.caller import Caller
from shared.database import WriteSession
from shared.problems import Forbidden


def change_password(tx: WriteSession, caller: Caller, checked: UserRow, new_hash: str) -> None:
    """From now on the new one; every other session ends, because whoever has one may know the old."""
    user = enter_in_person(tx, caller)
    if user.password_hash != checked.password_hash:
        raise Forbidden("bad_credentials", "The password is wrong.")
    users.change(tx, user.id, {"password_hash": new_hash})
    mails.forget(tx, user.id, "reset")
    end_sessions_of(tx, user.id, but=caller.session_id)
