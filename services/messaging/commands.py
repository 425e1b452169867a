"""The commands that the sequencer commits in groups, as they arrive from gateways and from our own routes."""

from typing import Any

import msgspec

from shared.problems import Problem


class Send(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="send", tag_field="op"):
    """Store a message. `text` is content after review; `client_id` makes a retry the same message."""

    author_id: str
    room_id: str
    content: str
    client_id: str | None = None
    reply_to: str | None = None
    attachments: tuple[str, ...] = ()


Command = Send


class Verdict(msgspec.Struct, frozen=True):
    """Moderation's word on one text; `reviewed` is False when moderation could not be asked."""

    action: str = "pass"
    text: str | None = None
    reviewed: bool = True


class Stored(msgspec.Struct, frozen=True):
    """A command that is committed: the message it is about, the entry's number, and whether it was a retry."""

    message_id: str
    seq: int
    retry: bool = False


Outcome = Stored | Problem


def as_reply(outcome: Outcome) -> dict[str, Any]:
    """The outcome as the gateway reads it."""
    if isinstance(outcome, Stored):
        return {"message_id": outcome.message_id, "seq": outcome.seq}
    return {
        "error": {
            "status": outcome.status,
            "code": outcome.code,
            "detail": outcome.detail,
            "retry_after": outcome.retry_after,
        }
    }
