"""What messaging answers over NATS, for the contract; a serving process has no use for this."""

from typing import Any, Literal

import msgspec
from pydantic import BaseModel

from services.messaging.events import AuthorState
from services.messaging.items import Item
from services.messaging.push import Pushed
from services.messaging.requests import After, AttachQuestion, ReplayQuestion
from services.messaging.schemas import Message
from services.messaging.service_requests import ExportQuestion, HeldQuestion, SnapshotQuestion
from shared.clock import Timestamp
from shared.contract import OUTBOX, Method, dedented
from shared.ids import Id

_SPAN = {
    "contentMediaType": "application/octet-stream",
    "description": "A line of JSON (epoch, first, sizes, removes, closes, head, too_far), and the frames after it.",
}


class Commands(msgspec.Struct):
    """What sockets of one gateway want stored; `by` is the place of the caller, as the gateway vouches for it."""

    callers: list[str]
    commands: list[Item]


class Refusal(msgspec.Struct):
    """Why a command was not carried out."""

    status: int
    code: str
    detail: str
    retry_after: float | None


class Result(msgspec.Struct):
    """What became of a command: the message and its entry, its schedule, the text that waits, or why it was refused."""

    message_id: str | msgspec.UnsetType = msgspec.UNSET
    seq: int | msgspec.UnsetType = msgspec.UNSET
    scheduled_id: str | msgspec.UnsetType = msgspec.UNSET
    send_at: str | msgspec.UnsetType = msgspec.UNSET
    held_id: str | msgspec.UnsetType = msgspec.UNSET
    error: Refusal | msgspec.UnsetType = msgspec.UNSET


class Results(msgspec.Struct):
    """One for each command, in their order."""

    results: list[Result]


class Attached(BaseModel):
    """The room's head, and what `ready` shows of it and of the caller."""

    seq: int
    epoch: str
    room: dict[str, Any]
    user: AuthorState | None


class Heads(BaseModel):
    """How far the whole timeline is, and each room that changed after what was asked."""

    epoch: str
    pos: int
    rooms: dict[str, int]


class Applied(BaseModel):
    """The id of the producer's last event that is applied."""

    applied: int


class Snapshot(BaseModel):
    """A message and up to five on each side of it, as one person sees them."""

    message: Message
    before: list[Message]
    after: list[Message]


class HeldText(BaseModel):
    """A text that waits for a moderator; `refusal` is why approving it would not help."""

    id: Id
    kind: Literal["message", "edit"]
    room_id: Id
    author: AuthorState
    message_id: Id | None
    content: str
    says_now: str | None
    reply_to: Id | None
    attachments: list[dict[str, Any]]
    reason: str
    note: str | None
    refusal: str | None
    created_at: Timestamp


class HeldPage(BaseModel):
    """What waits, longest first, and whether there is more of it."""

    items: list[HeldText]
    more: bool


class ExportPage(BaseModel):
    """A piece of what is kept about a person: files of an archive, and where the next piece begins, if there is one."""

    files: dict[str, Any]
    next: str | None


def _of(struct: Any) -> Any:
    return dedented(msgspec.json.schema(struct))


METHODS = {
    "commands": Method(_of(Commands), _of(Results)),
    "attach": Method(_of(AttachQuestion), Attached),
    "replay": Method(_of(ReplayQuestion), _SPAN),
    "heads": Method(_of(After), Heads),
    "push": Method(_of(Pushed), Applied),
    "snapshot": Method(_of(SnapshotQuestion), Snapshot),
    "held": Method(_of(HeldQuestion), HeldPage),
    "export": Method(_of(ExportQuestion), ExportPage),
    "outbox": OUTBOX,
}
