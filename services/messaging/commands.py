"""The commands that the sequencer commits in groups, as they arrive from gateways and from our own routes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from shared.clock import rfc3339
from shared.problems import Problem

NOBODY = ""
EDIT = "edit"


class _Command(msgspec.Struct, frozen=True, kw_only=True):
    """Whose command it is, and that person's role in the house; `client_id` makes a retry the same command."""

    user_id: str
    role: str = "user"
    client_id: str | None = None


class Send(_Command, frozen=True, kw_only=True):
    """Store a message, now or at `send_at`. `schedule_id` is the scheduled message that this one comes from, `held_id`
    the held one; `approved` says that a moderator let that pass."""

    room_id: str
    content: str
    reply_to: str | None = None
    attachments: tuple[str, ...] = ()
    send_at: datetime | None = None
    schedule_id: str | None = None
    held_id: str | None = None
    approved: bool = False


class _OnMessage(_Command, frozen=True, kw_only=True):
    """`room_id` is where the sender believes the message to be; None when they did not say."""

    message_id: str
    room_id: str | None = None


class Edit(_OnMessage, frozen=True, kw_only=True):
    """Give one's own message another content. `held_id` and `approved` as in Send."""

    content: str
    held_id: str | None = None
    approved: bool = False


class Delete(_OnMessage, frozen=True, kw_only=True):
    """Leave nothing but a tombstone."""


class React(_OnMessage, frozen=True, kw_only=True):
    """Add an emoji, already in its one form (services.messaging.emojis)."""

    emoji: str


class Unreact(_OnMessage, frozen=True, kw_only=True):
    """Take one's emoji back."""

    emoji: str


class Pin(_OnMessage, frozen=True, kw_only=True):
    """Pin the message, or with `pinned` false let go of it."""

    pinned: bool


class Judge(_OnMessage, frozen=True, kw_only=True):
    """Carry out moderation's verdict on a content of this author that was stored without one."""

    content: str
    author_id: str = NOBODY


class MarkRead(_Command, frozen=True, kw_only=True):
    """The person has read the room up to `seq`."""

    room_id: str
    seq: int


OnMessage = Edit | Delete | React | Unreact | Pin | Judge
Command = Send | OnMessage | MarkRead


class Verdict(msgspec.Struct, frozen=True):
    """Moderation's word on one text; `reviewed` is False when moderation could not be asked."""

    action: str = "pass"
    text: str | None = None
    reviewed: bool = True
    code: str | None = None
    reason: str | None = None


File = dict[str, Any]
Files = Mapping[str, File] | Problem


class Prepared(msgspec.Struct, frozen=True):
    """A command with what others said of it before the transaction: moderation of its text, files of its attachments
    (a Problem when they could not be asked)."""

    command: Command
    verdict: Verdict = Verdict()
    files: Files = msgspec.field(default_factory=dict)


class Stored(msgspec.Struct, frozen=True):
    """A command that is committed: the message it is about, the entry's number, and whether it was a retry."""

    message_id: str
    seq: int
    retry: bool = False


class Scheduled(msgspec.Struct, frozen=True):
    """A message that waits for its time."""

    schedule_id: str
    send_at: datetime


class Held(msgspec.Struct, frozen=True):
    """A text that waits for a moderator; nobody but its author knows of it yet."""

    held_id: str


class Noted(msgspec.Struct, frozen=True):
    """A read marker is at `seq`, or already was beyond it."""

    seq: int


Outcome = Stored | Scheduled | Held | Noted | Problem


def operation_of(command: OnMessage) -> str:
    """What the command does to its message, as receipts keep it; a reaction's emoji is part of that."""
    match command:
        case Edit():
            return EDIT
        case Delete():
            return "delete"
        case React():
            return f"react {command.emoji}"
        case Unreact():
            return f"unreact {command.emoji}"
        case Pin():
            return "pin" if command.pinned else "unpin"
    return "judge"


def as_reply(outcome: Outcome) -> dict[str, Any]:
    """The outcome as the gateway reads it."""
    match outcome:
        case Stored():
            return {"message_id": outcome.message_id, "seq": outcome.seq}
        case Scheduled():
            return {"scheduled_id": outcome.schedule_id, "send_at": rfc3339(outcome.send_at)}
        case Held():
            return {"held_id": outcome.held_id}
        case Noted():
            return {"seq": outcome.seq}
    return {
        "error": {
            "status": outcome.status,
            "code": outcome.code,
            "detail": outcome.detail,
            "retry_after": outcome.retry_after,
        }
    }
