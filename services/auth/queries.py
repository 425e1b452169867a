"""What can be read. A list is asked for the rows after a sort key, as many as the page fetches."""

from typing import Any

from pydantic_core import to_jsonable_python
from sqlalchemy import and_, select, union
from sqlalchemy.sql.elements import ColumnElement

from services.auth.access import acting_role, enter, enter_in_person, require_user
from services.auth.actions.personal_tokens import shown
from services.auth.models import blocks, registration_invites, sessions, tokens, users
from services.auth.policy import may_invite
from services.auth.schemas import Me, PersonalToken, Session, User
from services.auth.store.invites import COLUMNS as INVITE_COLUMNS
from services.auth.store.invites import InviteRow
from services.auth.store.sessions import COLUMNS as SESSION_COLUMNS
from services.auth.store.sessions import SessionRow
from services.auth.store.tokens import COLUMNS as TOKEN_COLUMNS
from services.auth.store.tokens import TokenRow
from services.auth.store.users import COLUMNS as USER_COLUMNS
from services.auth.store.users import LIVING, UserRow, find_many, fold
from shared.caller import Caller
from shared.database import ReadSession

_LAST = "\U0010ffff"
_ALL = 10_000


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
        # Two ranges of two indexes. As one condition with `or`, a planner that has a limit in sight walks all names.
        ranges = _begins(users.c.username_key, q.lower()), _begins(users.c.display_key, fold(q))
        found = union(*(select(users.c.id).where(each) for each in ranges)).subquery()
        query = query.join(found, found.c.id == users.c.id)
    if after is not None:
        query = query.where(users.c.username_key > after)
    return [UserRow(*row) for row in tx.execute(query.order_by(users.c.username_key).limit(fetch))]


def list_sessions(tx: ReadSession, caller: Caller, after: str | None, fetch: int) -> list[Session]:
    """The caller's logins, newest first."""
    user = enter_in_person(tx, caller)
    query = select(*SESSION_COLUMNS).where(sessions.c.user_id == user.id, sessions.c.expires_at > tx.now)
    if after is not None:
        query = query.where(sessions.c.id < after)
    rows = [SessionRow(*row) for row in tx.execute(query.order_by(sessions.c.id.desc()).limit(fetch))]
    return [_shown(row, caller) for row in rows]


def list_tokens(tx: ReadSession, caller: Caller, after: str | None, fetch: int) -> list[PersonalToken]:
    """The caller's personal access tokens, newest first."""
    user = enter_in_person(tx, caller)
    query = select(*TOKEN_COLUMNS).where(tokens.c.user_id == user.id, tokens.c.expires_at > tx.now)
    if after is not None:
        query = query.where(tokens.c.id < after)
    return [shown(TokenRow(*row)) for row in tx.execute(query.order_by(tokens.c.id.desc()).limit(fetch))]


def list_invites(tx: ReadSession, caller: Caller, after: str | None, fetch: int) -> list[InviteRow]:
    """The invitations to register whose time is not over, newest first."""
    may_invite(acting_role(enter(tx, caller), caller))
    query = select(*INVITE_COLUMNS).where(registration_invites.c.expires_at > tx.now)
    if after is not None:
        query = query.where(registration_invites.c.id < after)
    rows = tx.execute(query.order_by(registration_invites.c.id.desc()).limit(fetch))
    return [InviteRow(*row) for row in rows]


def list_blocked(tx: ReadSession, caller: Caller, after: str | None, fetch: int) -> list[UserRow]:
    """The people whom the caller has blocked."""
    user = enter(tx, caller)
    query = select(*USER_COLUMNS).join(blocks, blocks.c.blocked_id == users.c.id).where(blocks.c.user_id == user.id)
    if after is not None:
        query = query.where(blocks.c.blocked_id > after)
    return [UserRow(*row) for row in tx.execute(query.order_by(blocks.c.blocked_id).limit(fetch))]


def export(tx: ReadSession, caller: Caller) -> dict[str, Any]:
    """All that is kept here about the caller, but what only proves who they are (hashes and digests)."""
    user = enter_in_person(tx, caller)
    found = {
        "account": Me.model_validate(user),
        "sessions": list_sessions(tx, caller, None, _ALL),
        "tokens": list_tokens(tx, caller, None, _ALL),
        "blocked": [User.model_validate(row) for row in list_blocked(tx, caller, None, _ALL)],
    }
    return {f"{name}.json": to_jsonable_python(content) for name, content in found.items()}


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
