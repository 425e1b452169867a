"""Moderation's verdict on texts before they are stored: one request for a whole group, outside the transaction."""

import time
from collections.abc import Sequence

import structlog

from services.messaging.commands import Command, Send, Verdict
from shared.bus import Bus
from shared.problems import Problem

_log = structlog.get_logger(__name__)
_UNREVIEWED = Verdict(reviewed=False)
_PAUSE = 1.0


class Reviewer:
    """Asks moderation; while it is away the chat goes on and texts are marked as not reviewed."""

    def __init__(self, bus: Bus, timeout: float) -> None:
        self._bus = bus
        self._timeout = timeout
        self._away_until = 0.0

    async def review(self, commands: Sequence[Command]) -> list[Verdict]:
        """One verdict a command, in order."""
        texts = [_text(command) for command in commands if isinstance(command, Send)]
        if not texts:
            return [Verdict() for _ in commands]
        verdicts = await self._ask(texts)
        if verdicts is None:
            return [_UNREVIEWED for _ in commands]
        answers = iter(verdicts)
        return [next(answers) if isinstance(command, Send) else Verdict() for command in commands]

    async def _ask(self, texts: list[dict[str, str]]) -> list[Verdict] | None:
        if time.monotonic() < self._away_until:
            return None
        try:
            reply = await self._bus.request("rpc.moderation.review", {"texts": texts}, timeout=self._timeout)
        except Problem as problem:
            self._away_until = time.monotonic() + _PAUSE
            _log.warning("moderation is away; texts are stored unreviewed", reason=problem.detail)
            return None
        verdicts = [Verdict(one["action"], one.get("text")) for one in reply["verdicts"]]
        return verdicts if len(verdicts) == len(texts) else None


def _text(command: Send) -> dict[str, str]:
    return {"room_id": command.room_id, "author_id": command.author_id, "kind": "message", "text": command.content}
