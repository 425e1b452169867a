"""End sessions and personal access tokens early. Each is told, so that it and its sockets end everywhere at once."""

from services.auth.access import enter_in_person
from services.auth.events import SessionRevoked
from services.auth.store import sessions, tokens, users
from shared.caller import Caller
from shared.database import WriteSession
from shared.problems import Forbidden, NotFound


def log_out(tx: WriteSession, caller: Caller) -> None:
    """The caller's session; it may have ended already."""
    if tokens.find(tx, caller.session_id) is not None:
        raise Forbidden("login_required", "A personal access token is revoked, not logged out.")
    session = sessions.find(tx, caller.session_id)
    if session is not None and session.user_id == caller.user_id:
        end_session(tx, session.id, session.user_id)


def log_out_everywhere(tx: WriteSession, caller: Caller) -> None:
    """All of the caller's sessions."""
    user = enter_in_person(tx, caller)
    end_sessions_of(tx, user.id)


def end_own_session(tx: WriteSession, caller: Caller, session_id: str) -> None:
    """One of the caller's sessions; those of others are not there."""
    user = enter_in_person(tx, caller)
    session = sessions.find(tx, session_id)
    if session is None or session.user_id != user.id:
        raise NotFound("There is no such session.")
    end_session(tx, session.id, user.id)


def end_sessions_of(tx: WriteSession, user_id: str, *, but: str = "") -> None:
    """All of this person's sessions, or all but one."""
    for session_id in sessions.of_user(tx, user_id):
        if session_id != but:
            end_session(tx, session_id, user_id)


def end_tokens_of(tx: WriteSession, user_id: str) -> None:
    """All of this person's personal access tokens."""
    for token_id in tokens.of_user(tx, user_id):
        end_token(tx, token_id, user_id)


def end_all_of(tx: WriteSession, username: str) -> bool:
    """Everything that lets this person in without the password (an operator's command); whether there is anybody."""
    user = users.find_by_login(tx, username)
    if user is not None:
        end_sessions_of(tx, user.id)
        end_tokens_of(tx, user.id)
    return user is not None


def end_session(tx: WriteSession, session_id: str, user_id: str) -> None:
    """This session."""
    sessions.remove(tx, session_id)
    tx.record(SessionRevoked(session_id=session_id, user_id=user_id))


def end_token(tx: WriteSession, token_id: str, user_id: str) -> None:
    """This personal access token: to everybody else it was a session like others."""
    tokens.remove(tx, token_id)
    tx.record(SessionRevoked(session_id=token_id, user_id=user_id))
