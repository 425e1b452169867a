"""Rooms' and moderation's changes become entries before their callers are answered (ARCHITECTURE.md decision 2)."""

from typing import Any, Literal

import msgspec
import structlog

from services.messaging.epoch import EpochGuard
from services.messaging.reading import convert
from shared.bus import Bus
from shared.inbox import Inbox
from shared.problems import Problem

_log = structlog.get_logger(__name__)
_PRODUCERS = ("rooms", "moderation")


class Pushed(msgspec.Struct):
    producer: Literal["rooms", "moderation"]
    events: list[dict[str, Any]]


class Push:
    """`rpc.messaging.push`: apply the producer's events now, and say how far its events are applied."""

    def __init__(self, inbox: Inbox, guard: EpochGuard) -> None:
        self._inbox = inbox
        self._guard = guard

    async def serve(self, bus: Bus) -> None:
        """Answer requests from now on."""
        await bus.serve("push", self.push)

    async def push(self, request: dict[str, Any]) -> dict[str, Any]:
        """{"producer", "events": [Envelope]} -> {"applied": id}; a gap before them is pulled from the producer."""
        await self._guard.passed()
        pushed = convert(request, Pushed)
        return {"applied": await self._inbox.push(pushed.producer, pushed.events)}

    async def catch_up(self) -> None:
        """What was committed elsewhere while we were away is applied before the next send is served."""
        for producer in _PRODUCERS:
            try:
                await self._inbox.catch_up(producer, timeout=2)
            except Problem as problem:
                _log.info("nothing to catch up with yet", producer=producer, reason=problem.detail)
