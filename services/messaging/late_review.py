"""Texts that were stored or held while moderation was away are judged when it is back."""

from typing import Any

from sqlalchemy import select

from services.messaging import held
from services.messaging.commands import Judge, Stored
from services.messaging.models import messages
from services.messaging.notices import Notices
from services.messaging.sequencer import Sequencer
from shared.database import Database, ReadSession
from shared.problems import Problem
from shared.recurring import Recurring

_BATCH = 100
_PASSING = (429, 503, 504)


class LateReview:
    """A part that looks every so often; the verdict is obeyed by the sequencer, in the room's order."""

    def __init__(self, db: Database, sequencer: Sequencer, notices: Notices, every: float) -> None:
        self._db = db
        self._sequencer = sequencer
        self._notices = notices
        self._every = every
        work = Recurring("late-review", self._judge_all, trouble="texts without a review wait", after_failure=every)
        self.running = work.running

    async def _judge_all(self) -> float:
        while await self._judge_some():
            pass
        while await self._judge_held():
            pass
        return self._every

    async def _judge_some(self) -> bool:
        """Whether there is progress, and more to do."""
        rows = await self._db.read(_unreviewed)
        if not rows:
            return False
        outcomes = await self._sequencer.submit([_command(row) for row in rows])
        left = {row.id for row in await self._db.read(_unreviewed)}
        return all(isinstance(outcome, Stored) for outcome in outcomes) and not left.issuperset(row.id for row in rows)

    async def _judge_held(self) -> bool:
        """The same for what was held: it is sent now, waits for a moderator, or is rejected."""
        rows = await self._db.read(held.unreviewed, _BATCH)
        if not rows:
            return False
        outcomes = await self._sequencer.submit([held.command_of(row) for row in rows])
        refused = {
            row.id: outcome.code
            for row, outcome in zip(rows, outcomes, strict=True)
            if isinstance(outcome, Problem) and outcome.status not in _PASSING and outcome.code != "decided"
        }
        if refused:
            await self._notices.tell_rejected(await self._db.write(held.turn_down, refused))
        left = {row.id for row in await self._db.read(held.unreviewed, _BATCH)}
        return not left.issuperset(row.id for row in rows)


def _unreviewed(tx: ReadSession) -> list[Any]:
    query = select(messages.c.id, messages.c.room_id, messages.c.author_id, messages.c.content)
    waiting = query.where(~messages.c.reviewed).order_by(messages.c.seq).limit(_BATCH)
    return list(tx.execute(waiting))


def _command(row: Any) -> Judge:
    return Judge(user_id="", message_id=row.id, room_id=row.room_id, author_id=row.author_id, content=row.content)
