"""Sends scheduled messages at their time: sleeps until the next one is due, and catches up after a downtime.

The message and the end of its schedule are one transaction of the sequencer, so it is sent once, however many replicas
try. Who may not post by then, or whose text is blocked by then, finds the reason in the list.
"""

from typing import Any

import orjson

from services.messaging.actions.reschedule import give_up, put_off
from services.messaging.commands import Send
from services.messaging.schedules import due
from services.messaging.sequencer import Sequencer
from shared.database import Database
from shared.problems import Problem
from shared.recurring import Recurring

_BATCH = 256
_LONGEST_SLEEP = 1.0  # another replica may have scheduled something and died
_PAUSE = 0.5
_PASSING = (429, 503, 504)


class Scheduler:
    """A part of the service; `wake` it when there may be something new."""

    def __init__(self, db: Database, sequencer: Sequencer) -> None:
        self._db = db
        self._sequencer = sequencer
        work = Recurring("scheduler", self._send_due, trouble="scheduled messages wait", after_failure=_PAUSE)
        self.wake, self.running = work.wake, work.running

    async def _send_due(self) -> float:
        """Seconds until there may be something to do."""
        while True:
            rows, seconds = await self._db.read(due, _BATCH)
            if not rows:
                return _LONGEST_SLEEP if seconds is None else min(seconds, _LONGEST_SLEEP)
            outcomes = await self._sequencer.submit([_command(row) for row in rows])
            refused = {
                row.id: outcome for row, outcome in zip(rows, outcomes, strict=True) if isinstance(outcome, Problem)
            }
            await self._keep(refused)

    async def _keep(self, refused: dict[str, Problem]) -> None:
        waits = {key: float(one.retry_after or _PAUSE) for key, one in refused.items() if one.status in _PASSING}
        over = {
            key: one.code for key, one in refused.items() if one.status not in _PASSING and one.code != "rescheduled"
        }
        if waits:
            await self._db.write(put_off, waits)
        if over:
            await self._db.write(give_up, over)


def _command(row: Any) -> Send:
    """Under the client_id of its author or, without one, of the schedule."""
    return Send(
        user_id=row.author_id,
        room_id=row.room_id,
        content=row.content,
        client_id=row.client_id or f"scheduled:{row.id}",
        reply_to=row.reply_to,
        attachments=tuple(orjson.loads(row.attachments)),
        schedule_id=row.id,
    )
