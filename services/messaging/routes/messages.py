"""HTTP: messages of a room."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.messaging import queries
from services.messaging.commands import Send, Stored
from services.messaging.schemas import Draft, Message, MessagePage
from services.messaging.sequencer import Sequencer
from shared.caller import SomeCaller
from shared.database import Database
from shared.ids import Id
from shared.problems import Invalid, Problem
from shared.web.json_body import StrictRoute

_MAX_SEQ = 2**63 - 1
_Seq = Annotated[int | None, Query(ge=0, le=_MAX_SEQ)]


def router(db: Database, sequencer: Sequencer) -> APIRouter:
    """The routes, bound to where messages are read and stored."""
    routes = APIRouter(prefix="/api/v1", route_class=StrictRoute, tags=["messages"])

    @routes.get("/rooms/{room_id}/messages")
    async def list_messages(
        caller: SomeCaller,
        room_id: Id,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
        before: _Seq = None,
        after: _Seq = None,
        thread: Annotated[Id | None, Query()] = None,
    ) -> MessagePage:
        """A page of the room's history, oldest first; the newest page without `before` or `after`."""
        if before is not None and after is not None:
            raise Invalid("invalid_range", "Give `before` or `after`, not both.")
        window = queries.Window(limit, before, after, thread)
        return MessagePage.model_validate(await db.read(queries.history, caller.user_id, room_id, window))

    @routes.post("/rooms/{room_id}/messages", status_code=201, responses={200: {"model": Message}})
    async def post_message(caller: SomeCaller, room_id: Id, draft: Draft, response: Response) -> Message:
        """Store a message; a `client_id` that was used before answers 200 with the message it became."""
        command = Send(
            caller.user_id, room_id, draft.content, draft.client_id, draft.reply_to, tuple(draft.attachments)
        )
        outcome = (await sequencer.submit([command]))[0]
        if isinstance(outcome, Problem):
            raise outcome
        response.status_code = 200 if outcome.retry else 201
        return await _stored(caller.user_id, outcome)

    @routes.get("/messages/{message_id}")
    async def get_message(caller: SomeCaller, message_id: Id) -> Message:
        """One message of a room the caller is in."""
        return Message.model_validate(await db.read(queries.get_message, caller.user_id, message_id))

    async def _stored(user_id: str, outcome: Stored) -> Message:
        return Message.model_validate(await db.read(queries.get_message, user_id, outcome.message_id))

    return routes
