"""Log in: begin a session for somebody whose password was right."""

from dataclasses import dataclass
from datetime import timedelta

from services.auth.actions.end_sessions import end_session
from services.auth.store import bans, sessions, users
from services.auth.store.sessions import SessionRow
from services.auth.store.users import UserRow
from services.auth.tokens import RefreshToken
from shared.clock import rfc3339
from shared.database import WriteSession
from shared.problems import Forbidden, Unauthorized

MOST_SESSIONS = 100


@dataclass(frozen=True, slots=True)
class Client:
    """From where somebody logs in."""

    user_agent: str
    ip: str


def start_session(
    tx: WriteSession, checked: UserRow, renewed_hash: str | None, token: RefreshToken, client: Client, life: timedelta
) -> UserRow:
    """A session with its first refresh token; `checked` is the account as it was when the password was checked."""
    user = users.find(tx, checked.id)
    if user is None or user.password_hash != checked.password_hash:
        raise Unauthorized("bad_credentials", "The username or the password is wrong.")
    _refuse_banned(tx, user.id)
    if renewed_hash is not None:
        users.change(tx, user.id, {"password_hash": renewed_hash})
    for oldest in sessions.of_user(tx, user.id)[: -(MOST_SESSIONS - 1)]:
        end_session(tx, oldest, user.id)
    sessions.add(
        tx,
        SessionRow(
            id=token.session_id,
            user_id=user.id,
            created_at=tx.now,
            last_used_at=tx.now,
            expires_at=tx.now + life,
            user_agent=client.user_agent,
            ip=client.ip,
            refresh_digest=token.digest,
        ),
    )
    return user


def _refuse_banned(tx: WriteSession, user_id: str) -> None:
    ban = bans.find(tx, user_id)
    if ban is not None:
        until = f" until {rfc3339(ban.expires_at)}" if ban.expires_at else ""
        raise Forbidden("banned", f"This account is banned{until}.")
