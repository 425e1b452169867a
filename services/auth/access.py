"""Who the caller is in this transaction. A token may be older than what became of its session."""

from services.auth.policy import lower_role
from services.auth.store import sessions, tokens, users
from services.auth.store.users import UserRow
from shared.caller import Caller
from shared.database import ReadSession
from shared.problems import Forbidden, NotFound, Unauthorized


def enter(tx: ReadSession, caller: Caller) -> UserRow:
    """The caller's account; Unauthorized when session, personal access token or account have ended."""
    session = sessions.find(tx, caller.session_id) or tokens.find(tx, caller.session_id)
    user = users.find(tx, caller.user_id)
    if session is None or user is None or session.user_id != user.id:
        raise Unauthorized("session_revoked", "This session has ended.")
    return user


def enter_in_person(tx: ReadSession, caller: Caller) -> UserRow:
    """The same for what a personal access token is not good for: it must not make itself stronger or longer-lived."""
    user = enter(tx, caller)
    if sessions.find(tx, caller.session_id) is None:
        raise Forbidden("login_required", "A personal access token is not good for this; log in.")
    return user


def acting_role(user: UserRow, caller: Caller) -> str:
    """The role of now, or the lower one that the gateway says the caller acts in: tokens may leave theirs at home."""
    return lower_role(user.role, caller.role)


def require_user(tx: ReadSession, user_id: str) -> UserRow:
    """Somebody who has an account."""
    user = users.find(tx, user_id)
    if user is None:
        raise NotFound("There is no such user.")
    return user
