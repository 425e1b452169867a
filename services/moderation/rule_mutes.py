"""Carries out the mutes that rules ask for, after the review has answered."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from services.moderation.actions.mute_by_rule import mute_by_rule
from services.moderation.directory import Directory
from services.moderation.rules.engine import Finding
from services.moderation.texts import Text
from shared.outbox import HandOver
from shared.tasks import in_background

_log = structlog.get_logger(__name__)
_MOST_WAITING = 1_000


class RuleMutes:
    """A part of the application: one task."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[tuple[str, str, str, int]] = asyncio.Queue(_MOST_WAITING)

    def put(self, text: Text, finding: Finding) -> None:
        """Somebody to be muted; the text was refused in any case."""
        try:
            self._waiting.put_nowait((text.room_id, text.author_id, finding.rule, finding.mute_seconds))
        except asyncio.QueueFull:
            _log.error("too many mutes by rules wait", room_id=text.room_id)

    @asynccontextmanager
    async def running(self, timeline: HandOver, directory: Directory) -> AsyncIterator[None]:
        """Mutes are carried out inside of this."""
        async with in_background(self._run(timeline, directory), "rule mutes"):
            yield

    async def _run(self, timeline: HandOver, directory: Directory) -> None:
        while True:
            room_id, user_id, rule, seconds = await self._waiting.get()
            try:
                await directory.meet(user_id)
                await timeline.commit(mute_by_rule, room_id, user_id, rule, seconds)
            except Exception:
                _log.exception("a mute by a rule failed", room_id=room_id, user_id=user_id, rule=rule)
