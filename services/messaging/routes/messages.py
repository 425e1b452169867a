"""HTTP: messages of a room, and single ones."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.messaging import held, queries, schedules
from services.messaging.commands import Delete, Edit, Held, Scheduled, Send, Stored
from services.messaging.epoch import EpochGuard
from services.messaging.routes.answers import answer, carried_out
from services.messaging.routes.guarded import guarded_router
from services.messaging.schemas import Draft, Message, MessagePage, NewContent, Revision
from services.messaging.schemas import Held as HeldText
from services.messaging.schemas import Scheduled as ScheduledMessage
from services.messaging.sequencer import Sequencer
from shared.caller import Caller, SomeCaller
from shared.database import Database
from shared.ids import Id
from shared.paging import Page, Paging
from shared.problems import Invalid

_MAX_SEQ = 2**63 - 1
_Seq = Annotated[int | None, Query(ge=0, le=_MAX_SEQ)]


def router(db: Database, sequencer: Sequencer, guard: EpochGuard) -> APIRouter:
    """The routes, bound to where messages are read and stored."""
    routes = guarded_router(guard, "messages")

    @routes.get("/rooms/{room_id}/messages", response_model=MessagePage)
    async def list_messages(
        caller: SomeCaller,
        room_id: Id,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
        before: _Seq = None,
        after: _Seq = None,
        thread: Annotated[Id | None, Query()] = None,
    ) -> Response:
        """A page of the room's history, oldest first; the newest page without `before` or `after`."""
        if before is not None and after is not None:
            raise Invalid("invalid_range", "Give `before` or `after`, not both.")
        window = queries.Window(limit, before, after, thread)
        return answer(await db.read(queries.history, caller.user_id, room_id, window))

    @routes.post(
        "/rooms/{room_id}/messages",
        status_code=201,
        response_model=Message,
        responses={200: {"model": Message}, 202: {"model": ScheduledMessage | HeldText}},
    )
    async def post_message(caller: SomeCaller, room_id: Id, draft: Draft) -> Response:
        """Store a message; a `client_id` that was used before answers 200 with the message it became, a `send_at` in
        the future 202 with the scheduled message, and one that a moderator has to look at first 202 with what waits."""
        outcome = await carried_out(sequencer, _send(caller, room_id, draft))
        if isinstance(outcome, Scheduled):
            return answer(await db.read(schedules.get, caller.user_id, outcome.schedule_id), 202)
        if isinstance(outcome, Held):
            return answer(await db.read(held.own, caller.user_id, outcome.held_id), 202)
        assert isinstance(outcome, Stored)
        message = await db.read(queries.get_message, caller.user_id, outcome.message_id)
        return answer(message, 200 if outcome.retry else 201)

    @routes.get("/messages/{message_id}", response_model=Message)
    async def get_message(caller: SomeCaller, message_id: Id) -> Response:
        """One message of a room the caller is in."""
        return answer(await db.read(queries.get_message, caller.user_id, message_id))

    @routes.put("/messages/{message_id}", response_model=Message, responses={202: {"model": HeldText}})
    async def edit_message(caller: SomeCaller, message_id: Id, new: NewContent) -> Response:
        """Give one's own message another content; what it said before is kept. 202 when a moderator has to look at it
        first: the message stays as it is until then."""
        room_id = await db.read(queries.room_of, message_id)
        command = Edit(
            user_id=caller.user_id, role=caller.role, message_id=message_id, room_id=room_id, content=new.content
        )
        outcome = await carried_out(sequencer, command)
        if isinstance(outcome, Held):
            return answer(await db.read(held.own, caller.user_id, outcome.held_id), 202)
        return answer(await db.read(queries.get_message, caller.user_id, message_id))

    @routes.delete("/messages/{message_id}", status_code=204)
    async def delete_message(caller: SomeCaller, message_id: Id) -> None:
        """Leave a tombstone: for the author, the room's owner and moderators, and the house's."""
        await carried_out(sequencer, Delete(user_id=caller.user_id, role=caller.role, message_id=message_id))

    @routes.get("/messages/{message_id}/history", response_model=Page[Revision])
    async def list_revisions(caller: SomeCaller, message_id: Id, paging: Paging) -> Response:
        """What the message said before, oldest first: for its author and for moderators."""
        rows = await db.read(
            queries.earlier_contents, caller.user_id, caller.role, message_id, paging.after, paging.fetch
        )
        return answer(paging.page(rows, key=lambda row: [row["seq"]]))

    return routes


def _send(caller: Caller, room_id: str, draft: Draft) -> Send:
    return Send(
        user_id=caller.user_id,
        role=caller.role,
        room_id=room_id,
        content=draft.content,
        client_id=draft.client_id,
        reply_to=draft.reply_to,
        attachments=tuple(draft.attachments),
        send_at=draft.send_at,
    )
