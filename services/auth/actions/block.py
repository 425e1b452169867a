"""Not hear from somebody, and hear from them again."""

from services.auth.access import enter, require_user
from services.auth.events import UserBlocked, UserUnblocked
from services.auth.store import blocks
from shared.caller import Caller
from shared.database import WriteSession
from shared.problems import Conflict, Invalid

MOST_BLOCKED = 1_000


def block(tx: WriteSession, caller: Caller, user_id: str) -> None:
    """From now on; whether it was so before or not. The blocked are not told."""
    user = enter(tx, caller)
    if user_id == user.id:
        raise Invalid("block_self", "Nobody can block themselves.")
    require_user(tx, user_id)
    if blocks.exists(tx, user.id, user_id):
        return
    if blocks.count(tx, user.id) >= MOST_BLOCKED:
        raise Conflict("too_many_blocks", f"At most {MOST_BLOCKED} people can be blocked.")
    blocks.add(tx, user.id, user_id)
    tx.record(UserBlocked(user_id=user.id, blocked_id=user_id))


def unblock(tx: WriteSession, caller: Caller, user_id: str) -> None:
    """The other way round."""
    user = enter(tx, caller)
    if blocks.remove(tx, user.id, user_id):
        tx.record(UserUnblocked(user_id=user.id, blocked_id=user_id))
