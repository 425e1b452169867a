"""HTTP: the caller's texts that wait for a moderator."""

from fastapi import APIRouter, Response

from services.messaging import held
from services.messaging.epoch import EpochGuard
from services.messaging.routes.answers import answer
from services.messaging.routes.guarded import guarded_router
from services.messaging.schemas import Held
from shared.caller import SomeCaller
from shared.database import Database
from shared.ids import Id
from shared.paging import Page, Paging


def router(db: Database, guard: EpochGuard) -> APIRouter:
    """The routes."""
    routes = guarded_router(guard, "held messages")

    @routes.get("/rooms/{room_id}/held", response_model=Page[Held])
    async def list_held(caller: SomeCaller, room_id: Id, paging: Paging) -> Response:
        """What of the caller's waits for a moderator in the room, or was rejected; newest first."""
        rows = await db.read(held.of_room, caller.user_id, room_id, paging.after, paging.fetch)
        return answer(paging.page(rows, key=lambda row: [row["id"]]))

    @routes.delete("/held/{held_id}", status_code=204)
    async def withdraw_held(caller: SomeCaller, held_id: Id) -> None:
        """Do not send it, or take note that it was rejected."""
        await db.write(held.withdraw, caller.user_id, held_id)

    return routes
