"""Somebody new comes, if the house lets them."""

from services.auth.actions.create_user import create_user, require_free
from services.auth.policy import RegistrationPolicy, may_register
from services.auth.schemas import Me, Registration
from services.auth.store import invites, mails
from shared.database import ReadSession, WriteSession


def register(
    tx: WriteSession, draft: Registration, password_hash: str, policy: RegistrationPolicy, mail_goes: bool
) -> Me:
    """A new account; where that takes an invitation, one of its uses is gone."""
    may_register(policy, policy == "invite" and draft.invite is not None and invites.use(tx, draft.invite))
    me = create_user(tx, draft, password_hash)
    if mail_goes:
        mails.add(tx, me.id, "verify", me.email)
    return me


def could_register(tx: ReadSession, draft: Registration, policy: RegistrationPolicy) -> None:
    """Refuse what `register` would, before the costly part."""
    may_register(policy, policy == "invite" and draft.invite is not None and invites.good(tx, draft.invite))
    require_free(tx, draft)
