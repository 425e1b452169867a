"""Who the caller is in this transaction. A token may be older than what became of its session."""

from services.auth.store import sessions, users
from services.auth.store.users import UserRow
from shared.caller import Caller
from shared.database import ReadSession
from shared.problems import NotFound, Unauthorized


def enter(tx: ReadSession, caller: Caller) -> UserRow:
    """The caller's account, with the role of now; Unauthorized when session or account have ended."""
    session, user = sessions.find(tx, caller.session_id), users.find(tx, caller.user_id)
    if session is None or user is None or session.user_id != user.id:
        raise Unauthorized("session_revoked", "This session has ended.")
    return user


def require_user(tx: ReadSession, user_id: str) -> UserRow:
    """Somebody who has an account."""
    user = users.find(tx, user_id)
    if user is None:
        raise NotFound("There is no such user.")
    return user
