"""What routes work with: put together once by `create_app`, found by each request."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from services.rooms.directory import Directory
from services.rooms.timeline import Timeline
from shared.database import Database


@dataclass(frozen=True, slots=True)
class Wiring:
    """The database to read from, the timeline to change it by, and the directory of people."""

    db: Database
    timeline: Timeline
    directory: Directory


async def _wiring(request: Request) -> Wiring:
    wiring: Wiring = request.app.state.wiring
    return wiring


Wired = Annotated[Wiring, Depends(_wiring)]
