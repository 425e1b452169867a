"""Moderation's verdict on what everybody reads of a person, before it is stored."""

import time
from typing import Any, TypeVar

import structlog

from services.auth.schemas import ProfileChanges, Registration
from shared.bus import Bus
from shared.problems import Invalid, Problem

_D = TypeVar("_D", Registration, ProfileChanges)
_READ_BY_ALL = ("username", "display_name", "bio")
_NOT_MASKED = ("username",)  # people log in by it
_PATIENCE = 1.0
_PAUSE = 1.0  # for so long nobody is asked who did not answer
_log = structlog.get_logger(__name__)


class Reviewer:
    """Asks moderation; while it is away people are called as they like."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._away_until = 0.0

    async def review(self, user_id: str, draft: _D) -> _D:
        """What was said, with masked words where moderation wants that; Invalid `profanity` when it refuses one.

        `user_id` is empty for somebody who is about to register.
        """
        said = {name: text for name in _READ_BY_ALL if (text := getattr(draft, name, None))}
        texts = [{"room_id": "", "author_id": user_id, "kind": "display_name", "text": text} for text in said.values()]
        masked = {}
        for name, verdict in zip(said, await self._ask(texts), strict=False):
            if verdict["action"] in ("block", "hold") or (verdict["action"] == "mask" and name in _NOT_MASKED):
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
            _log.warning("moderation is away; a name is not reviewed", reason=problem.code)
            return []
        verdicts: list[dict[str, Any]] = answer["verdicts"]
        return verdicts


def _refused(name: str) -> Invalid:
    why = "There are words in it that are not wanted here."
    return Invalid("profanity", why, [{"loc": ["body", name], "msg": why, "type": "profanity"}])
