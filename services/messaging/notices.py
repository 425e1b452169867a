"""What is told to a person wherever they are, and how far others have read: live, best effort, and never stored."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import orjson
import structlog

from shared.bus import Bus
from shared.problems import Problem

_log = structlog.get_logger(__name__)


class Notice(msgspec.Struct, frozen=True):
    """A message that concerns a person: it mentions them, or begins a conversation with them."""

    user_id: str
    what: str
    room_id: str
    message_id: str
    seq: int
    by: str


Read = tuple[str, str, int]


class Notices:
    """Tells gateways, after the commit."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._telling: set[asyncio.Task[None]] = set()

    def tell_soon(self, notices: list[Notice]) -> None:
        """The same for who cannot wait."""
        if notices:
            task = asyncio.get_running_loop().create_task(self.tell(notices, []))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def tell_rejected(self, rows: Sequence[Any]) -> None:
        """`messaging.user.<id>.rejected` to the authors of these held texts."""
        try:
            for row in rows:
                body = {"user_id": row.author_id, "room_id": row.room_id, "held_id": row.id, "status": "rejected"}
                told = orjson.dumps({**body, "reason": row.reason})
                await self._bus.publish(f"messaging.user.{row.author_id}.rejected", told)
        except Problem as problem:
            _log.debug("nobody was told", reason=problem.detail)

    async def tell(self, notices: list[Notice], reads: list[Read]) -> None:
        """`messaging.user.<id>.<what>` for each notice, `messaging.room.<id>.reads` for each room that was read."""
        try:
            for notice in notices:
                await self._bus.publish(f"messaging.user.{notice.user_id}.{notice.what}", _body(notice))
            for room_id in dict.fromkeys(room_id for room_id, _, _ in reads):
                markers = [[user_id, seq] for room, user_id, seq in reads if room == room_id]
                await self._bus.publish(f"messaging.room.{room_id}.reads", orjson.dumps(markers))
        except Problem as problem:
            _log.debug("nobody was told", reason=problem.detail)


def _body(notice: Notice) -> bytes:
    return orjson.dumps(
        {
            "user_id": notice.user_id,
            "room_id": notice.room_id,
            "message_id": notice.message_id,
            "seq": notice.seq,
            "by": notice.by,
        }
    )
