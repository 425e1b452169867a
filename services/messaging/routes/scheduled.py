"""HTTP: the caller's messages for later."""

from fastapi import APIRouter, Response

from services.messaging import schedules
from services.messaging.actions.reschedule import cancel, reschedule
from services.messaging.epoch import EpochGuard
from services.messaging.routes.answers import answer
from services.messaging.routes.guarded import guarded_router
from services.messaging.scheduler import Scheduler
from services.messaging.schemas import Rescheduling, Scheduled
from shared.caller import SomeCaller
from shared.database import Database
from shared.ids import Id
from shared.paging import Page, Paging


def router(db: Database, scheduler: Scheduler, guard: EpochGuard) -> APIRouter:
    """The routes."""
    routes = guarded_router(guard, "scheduled messages")

    @routes.get("/rooms/{room_id}/scheduled", response_model=Page[Scheduled])
    async def list_scheduled(caller: SomeCaller, room_id: Id, paging: Paging) -> Response:
        """What the caller has scheduled in the room, the next first."""
        rows = await db.read(schedules.of_room, caller.user_id, room_id, paging.after, paging.fetch)
        return answer(paging.page(rows, key=lambda row: [row["send_at"], row["id"]]))

    @routes.put("/scheduled/{schedule_id}", response_model=Scheduled)
    async def change_scheduled(caller: SomeCaller, schedule_id: Id, wanted: Rescheduling) -> Response:
        """Give it another content or time; one that was refused is tried again."""
        await db.write(reschedule, caller.user_id, schedule_id, wanted.content, wanted.send_at)
        scheduler.wake()
        return answer(await db.read(schedules.get, caller.user_id, schedule_id))

    @routes.delete("/scheduled/{schedule_id}", status_code=204)
    async def cancel_scheduled(caller: SomeCaller, schedule_id: Id) -> None:
        """Do not send it."""
        await db.write(cancel, caller.user_id, schedule_id)

    return routes
