"""For events whose order another service keeps: what is committed here is handed to it before our caller is answered.

The outbox delivers the same events in any case, so a failure here only means "a little later": the caller is told by a
202. The other side applies them in the order of their ids and fetches what it misses, so concurrent hand-overs need no
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


class HandOver:
    """Runs the actions of `producer` whose events somebody else puts in order: `to` is the subject that takes them, and
    answers with the last id that is `applied`."""

    def __init__(self, db: Database, bus: Bus, producer: str, *, to: str) -> None:
        self._db = db
        self._bus = bus
        self._producer = producer
        self._to = to

    async def commit(
        self, action: Callable[Concatenate[WriteSession, _P], _R], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> tuple[_R, bool]:
        """The action's result, and whether the other side has applied what it recorded."""

        def with_events(tx: WriteSession) -> tuple[_R, list[Envelope]]:
            return action(tx, *args, **kwargs), tx.recorded

        result, events = await self._db.write(with_events)
        return result, not events or await self._hand_over(events)

    async def _hand_over(self, events: list[Envelope]) -> bool:
        payload = {"producer": self._producer, "events": [event.wire() for event in events]}
        try:
            answer = await self._bus.request(self._to, payload, timeout=_PATIENCE)
        except Problem as problem:
            _log.warning("it is taken later", by=self._to, first_id=events[0].id, reason=problem.code)
            return False
        applied: int = answer["applied"]
        return applied >= events[-1].id
