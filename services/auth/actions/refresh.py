"""Give the next tokens for a refresh token, once."""

from datetime import timedelta

from services.auth.actions.end_sessions import end_session
from services.auth.actions.start_session import Client
from services.auth.store import sessions, users
from services.auth.store.sessions import SessionRow
from services.auth.store.users import UserRow
from services.auth.tokens import RefreshToken
from shared.database import WriteSession

GRACE = timedelta(seconds=10)


def refresh(
    tx: WriteSession, token: RefreshToken, successor: RefreshToken, client: Client, life: timedelta
) -> UserRow | str:
    """Whom the successor is for now, or the code of why there is none.

    A used token ends the session, and that has to be committed: so it is returned, and not raised. The same refresh
    sent again because its answer was lost is no second use: for ten seconds it gets the same successor.
    """
    session = sessions.find(tx, token.session_id)
    if session is None:
        return "session_revoked"
    if token.digest == session.refresh_digest:
        sessions.rotate(tx, session, _renewed(tx, successor, client, life))
    elif not _answer_was_lost(tx, session, token):
        end_session(tx, session.id, session.user_id)
        return "token_reused"
    return users.find(tx, session.user_id) or "session_revoked"


def _answer_was_lost(tx: WriteSession, session: SessionRow, token: RefreshToken) -> bool:
    just_now = session.rotated_at is not None and tx.now - session.rotated_at <= GRACE
    return just_now and token.digest == session.previous_digest


def _renewed(tx: WriteSession, successor: RefreshToken, client: Client, life: timedelta) -> dict[str, object]:
    return {
        "refresh_digest": successor.digest,
        "expires_at": tx.now + life,
        "user_agent": client.user_agent,
        "ip": client.ip,
    }
