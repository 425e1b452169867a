"""The frames of REALTIME.md: what a client may send, as types, and how ours are rendered."""

from typing import Any, Literal

import msgspec
import orjson

from services.gateway.realtime.wire import frame_text


class _In(msgspec.Struct, forbid_unknown_fields=True, tag_field="type"):
    pass


class _InRoom(_In):
    room_id: str | None = None


class MessageSend(_InRoom, tag="message.send", kw_only=True):
    """Store a message; answered by `ack` or `error` with the same `client_id`."""

    client_id: str
    content: str
    reply_to: str | None = None
    attachments: tuple[str, ...] = ()
    send_at: str | None = None


class _OnMessage(_InRoom, kw_only=True):
    message_id: str
    client_id: str | None = None


class MessageEdit(_OnMessage, tag="message.edit", kw_only=True):
    """Give one's own message another content; answered by `ack` or `error`."""

    content: str


class MessageDelete(_OnMessage, tag="message.delete", kw_only=True):
    """Leave a tombstone; answered by `ack` or `error`."""


class ReactionAdd(_OnMessage, tag="reaction.add", kw_only=True):
    """Add an emoji; answered by `ack` or `error`."""

    emoji: str


class ReactionRemove(_OnMessage, tag="reaction.remove", kw_only=True):
    """Take one's emoji back; answered by `ack` or `error`."""

    emoji: str


class Read(_InRoom, tag="read", kw_only=True):
    """The room is read up to `seq`; answered by `ack` only when it has a `client_id`."""

    seq: int
    client_id: str | None = None

    def __post_init__(self) -> None:
        _can_be_told(self.seq)


class TypingStart(_InRoom, tag="typing.start"):
    """The sender is typing; it expires by itself."""


class TypingStop(_InRoom, tag="typing.stop"):
    """The sender stopped typing."""


class PresenceSet(_In, tag="presence.set"):
    """Nobody looks at this socket (`away`), until it says `online`; without it, five minutes of silence say so."""

    status: Literal["online", "away"]


class Ping(_In, tag="ping"):
    """Answered by `pong` with the same `id`."""

    id: str | int | None = None
    room_id: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.id, int):
            _can_be_told(self.id)


class Auth(_In, tag="auth"):
    """The first frame of a socket that brought no token."""

    token: str


class AuthRefresh(_In, tag="auth.refresh"):
    """A fresh access token of the same person for a living socket."""

    token: str


class Subscribe(_In, tag="subscribe"):
    """Join a room on `/ws`, from `since` on if it is given."""

    room_id: str
    since: int | None = None
    epoch: str | None = None


class Unsubscribe(_In, tag="unsubscribe"):
    """Leave a room's stream on `/ws`."""

    room_id: str


def _can_be_told(number: int) -> None:
    """A larger one can be read as JSON, but not be written to a socket or a service."""
    if not -(2**63) <= number < 2**63:
        raise ValueError("A whole number has at most 64 bits.")


Typing = TypingStart | TypingStop
Command = MessageSend | MessageEdit | MessageDelete | ReactionAdd | ReactionRemove | Read
ClientFrame = (
    MessageSend
    | MessageEdit
    | MessageDelete
    | ReactionAdd
    | ReactionRemove
    | Read
    | TypingStart
    | TypingStop
    | PresenceSet
    | Ping
    | Auth
    | AuthRefresh
    | Subscribe
    | Unsubscribe
)

_decoder = msgspec.json.Decoder(ClientFrame)


class BadFrame(Exception):
    """What a client sent is no frame of ours; the text says why."""


def decode(data: bytes) -> ClientFrame:
    """The frame in `data`; BadFrame when it is malformed, unknown or has missing or extra fields."""
    try:
        frame: ClientFrame = _decoder.decode(data)
        return frame
    except msgspec.ValidationError as error:
        raise BadFrame(str(error)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeError, ValueError):
        raise BadFrame("A frame is one JSON object with a `type`.") from None


def client_id_of(frame: Command | Typing) -> str | None:
    """By what the answer to a frame is known; None for what has no answer."""
    return None if isinstance(frame, TypingStart | TypingStop) else frame.client_id


def render(frame: dict[str, Any]) -> bytes:
    """A frame of ours, framed for the wire."""
    return frame_text(orjson.dumps(frame))


def error(code: str, detail: str, *, client_id: str | None = None, **more: Any) -> dict[str, Any]:
    """An `error` frame; fields that are None are left out."""
    frame = {"type": "error", "client_id": client_id, "code": code, "detail": detail, **more}
    return {name: value for name, value in frame.items() if value is not None}
