"""Removes what nobody can use any more: sessions, tokens, codes, keys and bans whose time is over."""

from services.auth.store import bans, invites, mails, sessions, signing_keys, tickets, tokens
from shared.database import Database, WriteSession
from shared.recurring import Recurring

_PAUSE = 600.0


def sweep(tx: WriteSession) -> None:
    """Nothing that is removed here was good for anything, so nobody is told."""
    tickets.remove_expired(tx)
    sessions.remove_expired(tx)
    tokens.remove_expired(tx)
    bans.remove_expired(tx)
    invites.remove_expired(tx)
    mails.remove_expired(tx)
    signing_keys.remove_expired(tx)


class Sweeper:
    """A part: sweeps now and then."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.running = Recurring(
            "sweeper", self._sweep, trouble="not swept", first_after=_PAUSE, after_failure=_PAUSE
        ).running

    async def _sweep(self) -> float:
        await self._db.write(sweep)
        return _PAUSE
