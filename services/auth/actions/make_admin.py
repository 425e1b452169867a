"""See to it that there is an admin: at the first start, or by the command."""

from services.auth.actions.create_user import create_user
from services.auth.actions.set_role import give_role
from services.auth.schemas import Registration
from services.auth.store import users
from shared.database import ReadSession, WriteSession


def needs_first_admin(tx: ReadSession) -> bool:
    """Whether nobody is."""
    return users.admins(tx) == 0


def make_first_admin(tx: WriteSession, draft: Registration, password_hash: str) -> None:
    """A new account, if there is no admin yet. Somebody who took the name before is not made one."""
    if needs_first_admin(tx):
        create_user(tx, draft, password_hash, "admin")


def promote(tx: WriteSession, username: str) -> bool:
    """Make an admin of who has this username; whether anybody does."""
    user = users.find_by_login(tx, username)
    if user is not None:
        give_role(tx, user, "admin")
    return user is not None
