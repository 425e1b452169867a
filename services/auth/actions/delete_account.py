"""Forget somebody who wants to go."""

from services.auth.access import enter_in_person
from services.auth.actions.end_sessions import end_sessions_of, end_tokens_of
from services.auth.events import UserDeleted
from services.auth.policy import leaves_an_admin
from services.auth.store import bans, blocks, mails, users
from services.auth.store.users import UserRow
from shared.anonymise import anonymised
from shared.caller import Caller
from shared.database import WriteSession
from shared.outbox import amend
from shared.problems import Forbidden
from shared.web import idempotency


def delete_account(tx: WriteSession, caller: Caller, checked: UserRow) -> None:
    """Nothing of the person stays but the id, in what is kept for replay neither."""
    user = enter_in_person(tx, caller)
    if user.password_hash != checked.password_hash:
        raise Forbidden("bad_credentials", "The password is wrong.")
    leaves_an_admin(user.role, users.admins(tx))
    end_sessions_of(tx, user.id)
    end_tokens_of(tx, user.id)
    bans.remove(tx, user.id)
    blocks.forget(tx, user.id)
    mails.forget(tx, user.id)
    users.bury(tx, user.id)
    idempotency.forget(tx, user.id)  # a remembered registration would still have the address in it
    amend(tx, user.id, lambda data: anonymised(data, user.id))
    tx.record(UserDeleted(user_id=user.id))
