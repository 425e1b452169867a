"""Give the next tokens for a refresh token, once."""

from datetime import timedelta

from services.auth.actions.end_sessions import end_session
from services.auth.actions.start_session import Client
from services.auth.store import sessions, users
from services.auth.store.users import UserRow
from services.auth.tokens import RefreshToken
from shared.database import WriteSession


def refresh(
    tx: WriteSession, token: RefreshToken, successor: RefreshToken, client: Client, life: timedelta
) -> UserRow | str:
    """Whom the successor is for now, or the code of why there is none.

    A used token ends the session, and that has to be committed: so it is returned, and not raised.
    """
    session = sessions.find(tx, token.session_id)
    if session is None:
        return "session_revoked"
    if token.digest != session.refresh_digest:
        end_session(tx, session.id, session.user_id)
        return "token_reused"
    sessions.rotate(tx, session, _renewed(tx, successor, client, life))
    return users.find(tx, session.user_id) or "session_revoked"


def _renewed(tx: WriteSession, successor: RefreshToken, client: Client, life: timedelta) -> dict[str, object]:
    return {
        "refresh_digest": successor.digest,
        "expires_at": tx.now + life,
        "user_agent": client.user_agent,
        "ip": client.ip,
    }
