"""HTTP: read markers, unread counts and search."""

from typing import Annotated

from fastapi import APIRouter, Response
from fastapi import Query as InQuery

from services.messaging import queries, search
from services.messaging.access import require_member
from services.messaging.commands import MarkRead
from services.messaging.epoch import EpochGuard
from services.messaging.render import MessageObject
from services.messaging.routes.answers import answer, carried_out
from services.messaging.routes.guarded import guarded_router
from services.messaging.schemas import Message, Query, ReadUpTo, UnreadList
from services.messaging.sequencer import Sequencer
from services.messaging.unread import unread
from shared.caller import SomeCaller
from shared.database import Database, ReadSession
from shared.ids import Id
from shared.paging import Page, Paging


def router(db: Database, sequencer: Sequencer, guard: EpochGuard) -> APIRouter:
    """The routes."""
    routes = guarded_router(guard, "messages")

    @routes.put("/rooms/{room_id}/read", status_code=204)
    async def mark_read(caller: SomeCaller, room_id: Id, read: ReadUpTo) -> None:
        """Move the caller's read marker; it never moves back."""
        await carried_out(sequencer, MarkRead(user_id=caller.user_id, role=caller.role, room_id=room_id, seq=read.seq))

    @routes.get("/rooms/unread", response_model=UnreadList)
    async def list_unread(caller: SomeCaller) -> Response:
        """Where the caller stands in each of their rooms, the liveliest first."""
        return answer(await db.read(unread, caller.user_id))

    @routes.get("/rooms/{room_id}/search", response_model=Page[Message])
    async def search_room(caller: SomeCaller, room_id: Id, q: Annotated[Query, InQuery()], paging: Paging) -> Response:
        """Messages with all these words, each the beginning of one in the message; best first."""
        start = int(paging.after[0]) if paging.after else 0
        found = await db.read(_search, caller.user_id, room_id, q, start, paging.fetch)
        return answer(paging.page(found, key=lambda _: [start + paging.limit]))

    return routes


def _search(tx: ReadSession, user_id: str, room_id: str, query: str, start: int, most: int) -> list[MessageObject]:
    require_member(tx, room_id, user_id)
    return queries.by_id(tx, user_id, search.find(tx, room_id, query, start, most))
