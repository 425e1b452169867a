"""Let a held text pass, or do not; once, whoever decides."""

from services.moderation.access import require_room, standing_of
from services.moderation.actions.note import note
from services.moderation.audit import Act
from services.moderation.events import MessageApproved, MessageRejected
from services.moderation.heard import HeldText
from services.moderation.policy import may_look_after
from services.moderation.store import held
from services.moderation.store.held import DecisionRow
from shared.caller import Caller
from shared.database import ReadSession, WriteSession
from shared.problems import Conflict, NotFound


def decide(
    tx: WriteSession, caller: Caller, held_id: str, text: HeldText | None, status: str, reason: str | None
) -> DecisionRow:
    """The decision; `text` is what messaging shows of it, None when it waits no longer.

    The same decision again changes nothing, another one is refused. Raises NotFound for what is not the caller's to
    see, Conflict for an author who may not write by now: approving would not help.
    """
    earlier = held.find(tx, held_id)
    room_id = text.room_id if text is not None else earlier.room_id if earlier is not None else None
    _require(tx, caller, room_id)
    if earlier is not None:
        return _same(earlier, status)
    if text is None:
        raise _no_such_text()
    if status == "approved" and text.refusal is not None:
        raise Conflict(text.refusal, "Its author may not write there at the moment.")
    row = DecisionRow(held_id, text.room_id, text.author.id, status, caller.user_id, reason, tx.now)
    held.add(tx, row)
    note(tx, Act(tx.now, caller.user_id, _ACTS[status], held_id, row.room_id, reason))
    event = MessageApproved if status == "approved" else MessageRejected
    told = {"held_id": held_id, "room_id": row.room_id, "author_id": row.author_id, "status": status}
    tx.record(event.model_validate({**told, "by": caller.user_id, "reason": reason}))
    return row


def require_room_queue(tx: ReadSession, caller: Caller, room_id: str) -> None:
    """For who decides about what waits in the room."""
    may_look_after(standing_of(tx, require_room(tx, room_id), caller))


def _require(tx: ReadSession, caller: Caller, room_id: str | None) -> None:
    """A text that is not the caller's to see looks like none at all."""
    try:
        if room_id is None:
            raise _no_such_text()
        require_room_queue(tx, caller, room_id)
    except NotFound:
        raise _no_such_text() from None


def _no_such_text() -> NotFound:
    """One answer for what is not there and what is not shown."""
    return NotFound("There is no such text.")


def _same(earlier: DecisionRow, status: str) -> DecisionRow:
    if earlier.status != status:
        raise Conflict("already_decided", f"It was {earlier.status} already.")
    return earlier


_ACTS = {"approved": "approve", "rejected": "reject"}
