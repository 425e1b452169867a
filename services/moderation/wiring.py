"""What routes work with: put together once by `create_app`, found by each request."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from services.moderation.board import Board
from services.moderation.directory import Directory
from services.moderation.evidence import Evidence
from services.moderation.queue import Queue
from shared.database import Database
from shared.inbox import Inbox
from shared.outbox import HandOver
from shared.problems import Problem

_PATIENCE = 0.5


@dataclass(frozen=True, slots=True)
class Wiring:
    """The database to read from, the timeline to change it by, people, evidence, what waits, what the review knows,
    news."""

    db: Database
    timeline: HandOver
    directory: Directory
    evidence: Evidence
    queue: Queue
    board: Board
    inbox: Inbox

    async def hear(self) -> None:
        """What rooms and auth committed a moment ago counts: who joined, who is moderator, whose role changed.

        With one of them away, what the stream brought is all that there is.
        """
        await asyncio.gather(self._hear("rooms"), self._hear("auth"))

    async def _hear(self, producer: str) -> None:
        with suppress(Problem):
            await self.inbox.catch_up(producer, _PATIENCE)


async def _wiring(request: Request) -> Wiring:
    wiring: Wiring = request.app.state.wiring
    return wiring


Wired = Annotated[Wiring, Depends(_wiring)]
