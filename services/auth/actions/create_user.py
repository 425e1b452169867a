"""Make an account."""

from services.auth.events import UserRegistered, UserState
from services.auth.policy import Role
from services.auth.schemas import Me, Registration
from services.auth.store import users
from services.auth.store.users import UserRow
from shared.database import ReadSession, WriteSession
from shared.ids import new_id
from shared.problems import Conflict


def create_user(tx: WriteSession, draft: Registration, password_hash: str, role: Role = "user") -> Me:
    """A new account, with a name and an address that nobody has."""
    require_free(tx, draft)
    user = UserRow(
        id=new_id(),
        username=draft.username,
        email=draft.email,
        email_verified=False,
        display_name=draft.display_name or draft.username,
        bio="",
        avatar_url=None,
        role=role,
        created_at=tx.now,
        password_hash=password_hash,
    )
    users.add(tx, user)
    tx.record(UserRegistered(user=UserState.model_validate(user)))
    return Me.model_validate(user)


def require_free(tx: ReadSession, draft: Registration) -> None:
    """Refuse a name or an address that somebody has."""
    if users.username_taken(tx, draft.username):
        raise Conflict("username_taken", "This username is taken.")
    if users.email_taken(tx, draft.email):
        raise Conflict("email_taken", "This e-mail address is taken.")
