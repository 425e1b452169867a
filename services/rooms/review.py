"""Moderation's verdict on what everybody reads of a room, its name and description, before it is stored."""

import time
from typing import Any, TypeVar

import structlog

from services.rooms.schemas import NewRoom, RoomChanges
from shared.bus import Bus
from shared.caller import Caller
from shared.problems import Invalid, Problem

_D = TypeVar("_D", NewRoom, RoomChanges)
_KINDS = {"name": "room_name", "description": "topic"}
_PATIENCE = 1.0
_PAUSE = 1.0  # for so long nobody is asked who did not answer
_log = structlog.get_logger(__name__)


class Reviewer:
    """Asks moderation; while it is away rooms are named as people like."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._away_until = 0.0

    async def review(self, caller: Caller, room_id: str, draft: _D) -> _D:
        """What was said, with masked words where moderation wants that; Invalid `profanity` when it refuses one.

        `room_id` is empty for a room that is to be made.
        """
        said = {name: getattr(draft, name) for name in _KINDS if name in draft.model_fields_set}
        texts = [
            {"room_id": room_id, "author_id": caller.user_id, "kind": _KINDS[name], "text": text}
            for name, text in said.items()
        ]
        masked = {}
        for name, verdict in zip(said, await self._ask(texts), strict=False):
            if verdict["action"] in ("block", "hold"):
                raise _refused(name)
            if verdict["action"] == "mask":
                masked[name] = verdict["text"]
        return draft.model_copy(update=masked)

    async def _ask(self, texts: list[dict[str, str]]) -> list[dict[str, Any]]:
        if not texts or time.monotonic() < self._away_until:
            return []
        try:
            answer = await self._bus.request("rpc.moderation.review", {"texts": texts}, timeout=_PATIENCE)
        except Problem as problem:
            self._away_until = time.monotonic() + _PAUSE
            _log.warning("moderation is away; a room is named unreviewed", reason=problem.code)
            return []
        verdicts: list[dict[str, Any]] = answer["verdicts"]
        return verdicts


def _refused(name: str) -> Invalid:
    why = "There are words in it that are not wanted here."
    return Invalid("profanity", why, [{"loc": ["body", name], "msg": why, "type": "profanity"}])
