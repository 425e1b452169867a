"""The first admin, from the environment, at the first start."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from services.auth.actions.make_admin import make_first_admin, needs_first_admin
from services.auth.passwords import Passwords
from services.auth.schemas import Registration
from shared.database import Database
from shared.problems import Problem, Unavailable
from shared.tasks import ended

_log = structlog.get_logger(__name__)
_LONGEST_WAIT = 5.0
_PAUSE = 1.0


class FirstAdmin:
    """A part: tries until the database takes it, and then never again."""

    def __init__(self, db: Database, passwords: Passwords, draft: Registration) -> None:
        self._db = db
        self._passwords = passwords
        self._draft = draft

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Waits a few seconds, so that the admin is there when the service is; then goes on trying beside it."""
        task = asyncio.create_task(self._until_done(), name="first admin")
        await asyncio.wait({task}, timeout=_LONGEST_WAIT)
        try:
            yield
        finally:
            await ended(task)

    async def _until_done(self) -> None:
        while True:
            try:
                await self._make()
                return
            except Unavailable:
                await asyncio.sleep(_PAUSE)
            except Problem as problem:
                _log.error("the first admin was not made", reason=problem.detail)
                return

    async def _make(self) -> None:
        if await self._db.read(needs_first_admin):
            password_hash = await self._passwords.hash(self._draft.password)
            await self._db.write(make_first_admin, self._draft, password_hash)
