"""What can be read. A list is asked for the rows after a sort key, as many as the page fetches."""

from sqlalchemy import and_, or_, select
from sqlalchemy.sql.elements import ColumnElement

from services.auth.access import enter, require_user
from services.auth.models import sessions, users
from services.auth.schemas import Me, Session, User
from services.auth.store.sessions import COLUMNS as SESSION_COLUMNS
from services.auth.store.sessions import SessionRow
from services.auth.store.users import COLUMNS as USER_COLUMNS
from services.auth.store.users import LIVING, UserRow, find_many, fold
from shared.caller import Caller
from shared.database import ReadSession

_LAST = "\U0010ffff"


def show_me(tx: ReadSession, caller: Caller) -> Me:
    """One's own profile."""
    return Me.model_validate(enter(tx, caller))


def show_user(tx: ReadSession, user_id: str) -> User:
    """A public profile."""
    return User.model_validate(require_user(tx, user_id))


def show_users(tx: ReadSession, user_ids: list[str]) -> list[User]:
    """The public profiles of those who exist."""
    return [User.model_validate(row) for row in find_many(tx, user_ids)]


def list_users(tx: ReadSession, q: str, after: str | None, fetch: int) -> list[UserRow]:
    """Everybody whose username or display name begins so, by username."""
    query = select(*USER_COLUMNS).where(LIVING)
    if q:
        query = query.where(or_(_begins(users.c.username_key, q.lower()), _begins(users.c.display_key, fold(q))))
    if after is not None:
        query = query.where(users.c.username_key > after)
    return [UserRow(*row) for row in tx.execute(query.order_by(users.c.username_key).limit(fetch))]


def list_sessions(tx: ReadSession, caller: Caller, after: str | None, fetch: int) -> list[Session]:
    """The caller's logins, newest first."""
    user = enter(tx, caller)
    query = select(*SESSION_COLUMNS).where(sessions.c.user_id == user.id, sessions.c.expires_at > tx.now)
    if after is not None:
        query = query.where(sessions.c.id < after)
    rows = [SessionRow(*row) for row in tx.execute(query.order_by(sessions.c.id.desc()).limit(fetch))]
    return [_shown(row, caller) for row in rows]


def _shown(row: SessionRow, caller: Caller) -> Session:
    return Session(
        id=row.id,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        user_agent=row.user_agent,
        ip=row.ip,
        current=row.id == caller.session_id,
    )


def _begins(key: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    # A range, not LIKE: the index serves it, and no character of the prefix means anything.
    return and_(key >= prefix, key < prefix + _LAST)
