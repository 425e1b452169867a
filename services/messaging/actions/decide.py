"""Carry out what a moderator decided about a held text."""

import structlog

from services.messaging import held
from services.messaging.actions.edit import edit
from services.messaging.actions.send import send
from services.messaging.batch import Batch
from services.messaging.commands import Prepared, Send
from services.messaging.notices import Notice
from shared.database import WriteSession
from shared.problems import Problem

_log = structlog.get_logger(__name__)


def approve(tx: WriteSession, held_id: str) -> list[Notice]:
    """It takes its place in the room's order now; whom it mentions has to be told. Nothing if it waits no longer.

    Who was muted, banned or left meanwhile says nothing more (REALTIME.md, promise 5): then it counts as rejected.
    """
    row = held.find(tx, held_id)
    if row is None:
        return []
    prepared = Prepared(held.command_of(row, approved=True))
    batch = Batch(tx, [prepared])
    try:
        (send if isinstance(prepared.command, Send) else edit)(batch, prepared)
    except Problem as problem:
        _log.info("an approved text could not be stored", held_id=held_id, reason=problem.code)
        held.turn_down(tx, {held_id: problem.code})
        return []
    batch.flush()
    return batch.notices


def reject(tx: WriteSession, held_id: str, note: str | None) -> None:
    """It is not sent; its author sees that for a while."""
    held.turn_down(tx, {held_id: "rejected"}, note)
