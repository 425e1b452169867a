"""Moderation's verdict on texts before they are stored: one request for a whole group, outside the transaction."""

import time
from collections.abc import Sequence

import structlog

from services.messaging.commands import Command, Edit, Judge, Send, Verdict
from shared.bus import Bus
from shared.problems import Problem

_log = structlog.get_logger(__name__)
_UNREVIEWED = Verdict(reviewed=False)
_WAITING = Verdict("hold", reviewed=False, reason="review")
_NOT_A_TEXT = Verdict()
_PAUSE = 1.0
Text = dict[str, str]


class Reviewer:
    """Asks moderation. While it is away texts are stored and marked as not reviewed or, with `hold`, wait for it."""

    def __init__(self, bus: Bus, timeout: float, *, hold: bool) -> None:
        self._bus = bus
        self._timeout = timeout
        self._without = _WAITING if hold else _UNREVIEWED
        self._away_until = 0.0

    async def review(self, commands: Sequence[Command]) -> list[Verdict]:
        """One verdict a command, in order; commands without a text pass."""
        texts = [_text(command) for command in commands]
        asked = [text for text in texts if text is not None]
        if not asked:
            return [_NOT_A_TEXT] * len(texts)
        answers = iter(await self._ask(asked) or [self._without] * len(asked))
        return [_NOT_A_TEXT if text is None else next(answers) for text in texts]

    async def _ask(self, texts: list[Text]) -> list[Verdict] | None:
        if time.monotonic() < self._away_until:
            return None
        try:
            reply = await self._bus.request("rpc.moderation.review", {"texts": texts}, timeout=self._timeout)
        except Problem as problem:
            self._away_until = time.monotonic() + _PAUSE
            _log.warning("moderation is away; texts go on without a review", reason=problem.detail)
            return None
        verdicts = [_verdict(one) for one in reply["verdicts"]]
        return verdicts if len(verdicts) == len(texts) else None


def _verdict(said: dict[str, str]) -> Verdict:
    return Verdict(said["action"], said.get("text"), code=said.get("code"), reason=said.get("reason"))


def _text(command: Command) -> Text | None:
    match command:
        case Send():
            kind = "message" if command.send_at is None and command.schedule_id is None else "scheduled"
            return _of(command.room_id, command.user_id, kind, command.content)
        case Edit():
            return _of(command.room_id or "", command.user_id, "edit", command.content)
        case Judge():
            return _of(command.room_id or "", command.author_id, "message", command.content)
    return None


def _of(room_id: str, author_id: str, kind: str, text: str) -> Text:
    return {"room_id": room_id, "author_id": author_id, "kind": kind, "text": text}
