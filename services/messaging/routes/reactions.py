"""HTTP: reactions and pins."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from services.messaging import queries
from services.messaging.commands import OnMessage, Pin, React, Unreact
from services.messaging.emojis import canonical_emoji
from services.messaging.epoch import EpochGuard
from services.messaging.routes.answers import answer, carried_out
from services.messaging.routes.guarded import guarded_router
from services.messaging.schemas import Message, Reacting
from services.messaging.sequencer import Sequencer
from shared.caller import Caller, SomeCaller
from shared.database import Database
from shared.ids import Id
from shared.paging import Page, Paging


def router(db: Database, sequencer: Sequencer, guard: EpochGuard) -> APIRouter:
    """The routes; each answers with the message as it is afterwards."""
    routes = guarded_router(guard, "messages")

    async def changed(caller: Caller, command: OnMessage) -> Response:
        await carried_out(sequencer, command)
        return answer(await db.read(queries.get_message, caller.user_id, command.message_id))

    @routes.post("/messages/{message_id}/react", response_model=Message)
    async def react(caller: SomeCaller, message_id: Id, reacting: Reacting) -> Response:
        """Add an emoji; adding it twice changes nothing."""
        emoji = canonical_emoji(reacting.emoji)
        return await changed(
            caller, React(user_id=caller.user_id, role=caller.role, message_id=message_id, emoji=emoji)
        )

    @routes.delete("/messages/{message_id}/react/{emoji}", response_model=Message)
    async def unreact(
        caller: SomeCaller, message_id: Id, emoji: Annotated[str, Path(min_length=1, max_length=64)]
    ) -> Response:
        """Take one's emoji back."""
        known = canonical_emoji(emoji)
        return await changed(
            caller, Unreact(user_id=caller.user_id, role=caller.role, message_id=message_id, emoji=known)
        )

    @routes.put("/messages/{message_id}/pin", response_model=Message)
    async def pin(caller: SomeCaller, message_id: Id) -> Response:
        """Pin the message: for the room's moderators."""
        return await changed(caller, _pin(caller, message_id, pinned=True))

    @routes.delete("/messages/{message_id}/pin", response_model=Message)
    async def unpin(caller: SomeCaller, message_id: Id) -> Response:
        """Let go of it."""
        return await changed(caller, _pin(caller, message_id, pinned=False))

    @routes.get("/rooms/{room_id}/pins", response_model=Page[Message])
    async def list_pins(caller: SomeCaller, room_id: Id, paging: Paging) -> Response:
        """The room's pinned messages, the newest message first."""
        rows = await db.read(queries.pinned, caller.user_id, room_id, paging.after, paging.fetch)
        return answer(paging.page(rows, key=lambda message: [message.seq]))

    return routes


def _pin(caller: Caller, message_id: str, *, pinned: bool) -> Pin:
    return Pin(user_id=caller.user_id, role=caller.role, message_id=message_id, pinned=pinned)
