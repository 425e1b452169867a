"""What mail is for: proving an address, and a new password for who forgot the old one."""

from datetime import timedelta

from services.auth.access import enter
from services.auth.actions.end_sessions import end_sessions_of, end_tokens_of
from services.auth.store import mails, users
from services.auth.store.mails import MailRow, Purpose
from services.auth.store.users import UserRow, email_key
from shared.caller import Caller
from shared.database import ReadSession, WriteSession
from shared.problems import Invalid

GOOD_FOR: dict[Purpose, timedelta] = {"verify": timedelta(hours=24), "reset": timedelta(minutes=30)}
BETWEEN_MAILS = timedelta(minutes=1)


def ask_for_reset(tx: WriteSession, email: str) -> None:
    """A mail to who has this address, if anybody; the caller never learns which."""
    user = users.find_by_login(tx, email)
    if user is not None:
        _ask(tx, user, "reset")


def ask_for_verification(tx: WriteSession, caller: Caller) -> None:
    """A mail to the caller's address, unless it is proved."""
    user = enter(tx, caller)
    if not user.email_verified:
        _ask(tx, user, "verify")


def attach_code(tx: WriteSession, mail: MailRow, digest: str) -> UserRow | None:
    """The person whom the mail goes to, who may from now on use this code; None when it need not go any more."""
    user = users.find(tx, mail.user_id)
    if user is None or user.email != mail.email:
        return None
    mails.add_code(tx, digest, mail, tx.now + GOOD_FOR[mail.purpose])
    return user


def require_code(tx: ReadSession, digest: str, purpose: Purpose) -> UserRow:
    """The person whom the code was sent to; Invalid unless it is good now and the address is still theirs."""
    code = mails.find_code(tx, digest, purpose)
    user = users.find(tx, code.user_id) if code else None
    if code is None or user is None or email_key(code.email) != email_key(user.email):
        raise Invalid("invalid_code", "This code is not valid, or not any more.")
    return user


def verify_email(tx: WriteSession, digest: str) -> None:
    """The address is proved; every code for that is used up."""
    user = require_code(tx, digest, "verify")
    users.change(tx, user.id, {"email_verified": True})
    mails.forget(tx, user.id, "verify")


def reset_password(tx: WriteSession, digest: str, new_hash: str) -> None:
    """The new password, and nobody who is in stays in: whoever had the old one may have made a session or a token."""
    user = require_code(tx, digest, "reset")
    users.change(tx, user.id, {"password_hash": new_hash, "email_verified": True})
    mails.forget(tx, user.id)
    end_sessions_of(tx, user.id)
    end_tokens_of(tx, user.id)


def _ask(tx: WriteSession, user: UserRow, purpose: Purpose) -> None:
    if not mails.asked_since(tx, user.id, purpose, tx.now - BETWEEN_MAILS):
        mails.add(tx, user.id, purpose, user.email)
