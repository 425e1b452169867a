"""What moderation's HTTP interface gives (HTTP.md, *Moderation*)."""

from shared.clock import Timestamp
from shared.schemas import AnswerModel


class AuditEntry(AnswerModel):
    """One act of moderation. `target` is what it was done to; `actor_id` is null when the house did it."""

    id: str
    at: Timestamp
    actor_id: str | None
    action: str
    target: str
    room_id: str | None
    reason: str | None
