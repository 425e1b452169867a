"""Keep somebody out of the house, and let them in again."""

from datetime import timedelta

from services.auth.access import acting_role, enter, require_user
from services.auth.actions.end_sessions import end_sessions_of, end_tokens_of
from services.auth.events import UserBanned, UserUnbanned
from services.auth.policy import may_ban, may_ban_anybody
from services.auth.schemas import BanRequest, Restriction
from services.auth.store import bans
from services.auth.store.bans import BanRow
from shared.caller import Caller
from shared.database import WriteSession


def ban(tx: WriteSession, caller: Caller, user_id: str, wish: BanRequest) -> Restriction:
    """No login from now on, no session and no token; a second ban takes the place of the first."""
    by = _may(tx, caller, user_id)
    lasts = wish.duration_seconds
    row = BanRow(
        user_id=user_id,
        reason=wish.reason,
        by=by,
        expires_at=None if lasts is None else tx.now + timedelta(seconds=lasts),
        created_at=tx.now,
    )
    bans.put(tx, row)
    tx.record(UserBanned(user_id=user_id, expires_at=row.expires_at, by=by, reason=row.reason))
    end_sessions_of(tx, user_id)
    end_tokens_of(tx, user_id)
    return Restriction.model_validate(row)


def unban(tx: WriteSession, caller: Caller, user_id: str) -> None:
    """Whether there was a ban or not; only the end of one is told."""
    by = _may(tx, caller, user_id)
    if bans.find(tx, user_id) is not None:
        bans.remove(tx, user_id)
        tx.record(UserUnbanned(user_id=user_id, by=by))


def _may(tx: WriteSession, caller: Caller, user_id: str) -> str:
    actor = enter(tx, caller)
    role = acting_role(actor, caller)
    may_ban_anybody(role)
    may_ban(role, require_user(tx, user_id).role)
    return actor.id
