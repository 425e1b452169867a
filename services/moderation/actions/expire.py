"""End the restrictions whose time is over."""

from services.moderation.actions.impose import lift
from services.moderation.store import restrictions
from shared.database import WriteSession


def expire(tx: WriteSession, at_once: int) -> None:
    """As many as that; messaging stopped applying them by itself when their time was over."""
    for row in restrictions.ended(tx, at_once):
        lift(tx, row.scope, row.user_id, row.kind, None)
