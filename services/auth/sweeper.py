"""Removes what nobody can use any more: sessions, tokens, codes, keys and bans whose time is over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from services.auth.store import bans, invites, mails, sessions, signing_keys, tickets, tokens
from shared.database import Database, WriteSession
from shared.problems import Problem
from shared.tasks import in_background

_log = structlog.get_logger(__name__)
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

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Inside of this."""
        async with in_background(self._run(), "sweeper"):
            yield

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_PAUSE)
            try:
                await self._db.write(sweep)
            except Problem as problem:
                _log.warning("not swept", reason=problem.detail)
            except Exception:
                _log.exception("not swept")
