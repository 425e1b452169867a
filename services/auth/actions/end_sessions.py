"""End sessions before their time. Each one is told, so that its tokens and sockets end everywhere at once."""

from services.auth.access import enter
from services.auth.events import SessionRevoked
from services.auth.store import sessions
from shared.caller import Caller
from shared.database import WriteSession
from shared.problems import NotFound


def log_out(tx: WriteSession, caller: Caller) -> None:
    """The caller's session; it may have ended already."""
    session = sessions.find(tx, caller.session_id)
    if session is not None and session.user_id == caller.user_id:
        end_session(tx, session.id, session.user_id)


def log_out_everywhere(tx: WriteSession, caller: Caller) -> None:
    """All of the caller's sessions."""
    user = enter(tx, caller)
    end_sessions_of(tx, user.id)


def end_own_session(tx: WriteSession, caller: Caller, session_id: str) -> None:
    """One of the caller's sessions; those of others are not there."""
    user = enter(tx, caller)
    session = sessions.find(tx, session_id)
    if session is None or session.user_id != user.id:
        raise NotFound("There is no such session.")
    end_session(tx, session.id, user.id)


def end_sessions_of(tx: WriteSession, user_id: str, *, but: str = "") -> None:
    """All of this person's sessions, or all but one."""
    for session_id in sessions.of_user(tx, user_id):
        if session_id != but:
            end_session(tx, session_id, user_id)


def end_session(tx: WriteSession, session_id: str, user_id: str) -> None:
    """This session."""
    sessions.remove(tx, session_id)
    tx.record(SessionRevoked(session_id=session_id, user_id=user_id))
