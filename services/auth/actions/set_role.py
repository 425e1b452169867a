"""Give somebody another role in the house."""

from dataclasses import replace

from services.auth.access import acting_role, enter, require_user
from services.auth.events import UserRoleChanged
from services.auth.policy import Role, leaves_an_admin, may_give_roles
from services.auth.schemas import User
from services.auth.store import users
from services.auth.store.users import UserRow
from shared.caller import Caller
from shared.database import WriteSession


def set_role(tx: WriteSession, caller: Caller, user_id: str, role: Role) -> User:
    """The role from now on, for tokens that are out as well."""
    actor = enter(tx, caller)
    may_give_roles(acting_role(actor, caller))
    return User.model_validate(give_role(tx, require_user(tx, user_id), role, actor.id))


def give_role(tx: WriteSession, user: UserRow, role: Role, by: str | None = None) -> UserRow:
    """The same without asking who may; `by` is None for the operator."""
    if user.role == role:
        return user
    leaves_an_admin(user.role, users.admins(tx))
    users.change(tx, user.id, {"role": role})
    tx.record(UserRoleChanged(user_id=user.id, role=role, by=by))
    return replace(user, role=role)
