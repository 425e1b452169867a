"""Change one's own profile."""

from services.auth.access import enter, require_user
from services.auth.events import UserState, UserUpdated
from services.auth.schemas import Me, ProfileChanges
from services.auth.store import mails, users
from shared.caller import Caller
from shared.database import WriteSession
from shared.problems import Conflict


def update_profile(tx: WriteSession, caller: Caller, changes: ProfileChanges, mail_goes: bool) -> Me:
    """What was given, if it is different; others hear only of what is public. A new address is to be proved again."""
    user = enter(tx, caller)
    given = changes.model_dump(exclude_none=True)
    values = {name: value for name, value in given.items() if value != getattr(user, name)}
    if "email" in values:
        if users.email_taken(tx, values["email"], by_other_than=user.id):
            raise Conflict("email_taken", "This e-mail address is taken.")
        values["email_verified"] = False
    if values:
        users.change(tx, user.id, values)
        user = require_user(tx, user.id)
    if "email" in values:
        mails.forget(tx, user.id)
        if mail_goes:
            mails.add(tx, user.id, "verify", user.email)
    if values.keys() & {"display_name", "bio"}:
        tx.record(UserUpdated(user=UserState.model_validate(user)))
    return Me.model_validate(user)
