"""The room's order is messaging's: what we commit is handed to it before our caller is answered.

The outbox delivers the same events in any case, so a failure here only means "a little later": the caller is told by a
202. Messaging applies our events in the order of their ids and fetches what it misses, so concurrent hand-overs need no
order among themselves.
"""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

import structlog

from shared.bus import Bus
from shared.database import Database, WriteSession
from shared.events import Envelope
from shared.problems import Problem

_log = structlog.get_logger(__name__)
_P = ParamSpec("_P")
_R = TypeVar("_R")
_PATIENCE = 2.0


class Timeline:
    """Runs actions whose events belong into a room's order."""

    def __init__(self, db: Database, bus: Bus) -> None:
        self._db = db
        self._bus = bus

    async def commit(
        self, action: Callable[Concatenate[WriteSession, _P], _R], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> tuple[_R, bool]:
        """The action's result, and whether messaging has what it recorded."""

        def with_events(tx: WriteSession) -> tuple[_R, list[Envelope]]:
            return action(tx, *args, **kwargs), tx.recorded

        result, events = await self._db.write(with_events)
        return result, not events or await self._hand_over(events)

    async def _hand_over(self, events: list[Envelope]) -> bool:
        payload = {"producer": "moderation", "events": [event.wire() for event in events]}
        try:
            answer = await self._bus.request("rpc.messaging.push", payload, timeout=_PATIENCE)
        except Problem as problem:
            _log.warning("messaging takes it later", first_id=events[0].id, reason=problem.code)
            return False
        applied: int = answer["applied"]
        return applied >= events[-1].id
