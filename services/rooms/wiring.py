"""What routes work with: put together once by `create_app`, found by each request."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from services.rooms.directory import Directory
from services.rooms.review import Reviewer
from shared.database import Database
from shared.inbox import Inbox
from shared.outbox import HandOver
from shared.problems import Problem

_PATIENCE = 0.5


@dataclass(frozen=True, slots=True)
class Wiring:
    """The database to read from, the timeline to change it by, the directory of people, the news of others,
    and who reviews what rooms are called."""

    db: Database
    timeline: HandOver
    directory: Directory
    inbox: Inbox
    reviewer: Reviewer

    async def hear_bans(self) -> None:
        """Whoever was banned a moment ago does not slip in before the news arrives by itself.

        With moderation away there are no newer bans than those that JetStream brings.
        """
        await self._hear("moderation")

    async def hear_blocks(self) -> None:
        """Whoever was blocked a moment ago reaches nobody before the news arrives by itself."""
        await self._hear("auth")

    async def _hear(self, producer: str) -> None:
        with suppress(Problem):
            await self.inbox.catch_up(producer, _PATIENCE)


async def _wiring(request: Request) -> Wiring:
    wiring: Wiring = request.app.state.wiring
    return wiring


Wired = Annotated[Wiring, Depends(_wiring)]
