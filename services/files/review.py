"""Moderation's verdict on what a file is called, before it is kept: everybody in the room reads it."""

import time
from typing import Any

import structlog

from shared.bus import Bus
from shared.problems import Invalid, Problem

_PATIENCE = 1.0
_PAUSE = 1.0  # for so long nobody is asked who did not answer
_log = structlog.get_logger(__name__)


class NameReview:
    """Asks moderation; while it is away files are called what people like."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._away_until = 0.0

    async def review(self, room_id: str, user_id: str, name: str) -> str:
        """The name, with masked words where moderation wants that; Invalid `profanity` when it refuses it."""
        verdict = await self._ask({"room_id": room_id, "author_id": user_id, "kind": "file_name", "text": name})
        if verdict["action"] in ("block", "hold"):
            raise Invalid("profanity", "There are words in the file's name that are not wanted here.")
        return str(verdict["text"]) if verdict["action"] == "mask" else name

    async def _ask(self, text: dict[str, str]) -> dict[str, Any]:
        if time.monotonic() < self._away_until:
            return {"action": "pass"}
        try:
            answer = await self._bus.request("rpc.moderation.review", {"texts": [text]}, timeout=_PATIENCE)
        except Problem as problem:
            self._away_until = time.monotonic() + _PAUSE
            _log.warning("moderation is away; a file is named unreviewed", reason=problem.code)
            return {"action": "pass"}
        return next(iter(answer["verdicts"]), {"action": "pass"})
