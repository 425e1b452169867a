"""Make and withdraw invitations to register."""

import secrets
from datetime import timedelta

from services.auth.access import acting_role, enter
from services.auth.policy import may_invite
from services.auth.schemas import NewInvite, RegistrationInvite
from services.auth.store import invites
from services.auth.store.invites import InviteRow
from shared.caller import Caller
from shared.database import WriteSession
from shared.ids import new_id
from shared.problems import NotFound


def invite(tx: WriteSession, caller: Caller, wish: NewInvite) -> RegistrationInvite:
    """A fresh code."""
    actor = enter(tx, caller)
    may_invite(acting_role(actor, caller))
    made = InviteRow(
        id=new_id(),
        code=secrets.token_urlsafe(16),
        created_by=actor.id,
        max_uses=wish.max_uses,
        uses=0,
        created_at=tx.now,
        expires_at=tx.now + timedelta(seconds=wish.expires_in),
    )
    invites.add(tx, made)
    return RegistrationInvite.model_validate(made)


def withdraw_invite(tx: WriteSession, caller: Caller, invite_id: str) -> None:
    """The code is worth nothing any more."""
    may_invite(acting_role(enter(tx, caller), caller))
    if not invites.remove(tx, invite_id):
        raise NotFound("There is no such invitation.")
