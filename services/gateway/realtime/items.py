"""A socket's command as messaging reads it."""

from typing import Any

from services.gateway.realtime import frames


def item_of(frame: frames.Command, room_id: str) -> dict[str, Any]:
    """The fields of the command, without what its sender left out; `op` says what it is."""
    item: dict[str, Any] = {"room_id": room_id}
    if frame.client_id is not None and not isinstance(frame, frames.Read):
        item["client_id"] = frame.client_id
    match frame:
        case frames.MessageSend():
            item |= {"op": "send", "content": frame.content, "reply_to": frame.reply_to}
            item |= {"attachments": frame.attachments} if frame.attachments else {}
            return item | ({"send_at": frame.send_at} if frame.send_at is not None else {})
        case frames.Read():
            return item | {"op": "read", "seq": frame.seq}
    item["message_id"] = frame.message_id
    match frame:
        case frames.MessageEdit():
            return item | {"op": "edit", "content": frame.content}
        case frames.ReactionAdd():
            return item | {"op": "react", "emoji": frame.emoji}
        case frames.ReactionRemove():
            return item | {"op": "unreact", "emoji": frame.emoji}
    return item | {"op": "delete"}
