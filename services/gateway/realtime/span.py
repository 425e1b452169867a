"""The span that messaging publishes (services/messaging/spans.py), split without parsing a frame."""

from dataclasses import dataclass

import msgspec

from services.gateway.realtime.wire import frame_text


class _Header(msgspec.Struct):
    epoch: str
    first: int
    sizes: list[int]
    removes: dict[str, str] = {}
    closes: bool = False
    head: int = 0
    too_far: bool = False


# A text that moderation masks is an update like any other, and messaging rewrites what its log says of it.
_TAKEN_BACK = (b'{"type":"message.deleted"', b'{"type":"message.updated"')
_decoder = msgspec.json.Decoder(_Header)


@dataclass(frozen=True, slots=True)
class SpanEntry:
    """One numbered entry: `frame` is framed for the wire; `removes` is who sees nothing after it."""

    seq: int
    frame: bytes
    removes: str | None = None
    closes: bool = False
    takes_back: bool = False
    """Whether an earlier entry may say something else now: its message was deleted or changed."""


@dataclass(frozen=True, slots=True)
class Span:
    """Consecutive entries of one room; from a replay also the room's head and whether the start was out of reach."""

    epoch: str
    entries: list[SpanEntry]
    head: int = 0
    too_far: bool = False


def split(payload: bytes) -> Span:
    """The span in a payload; ValueError when it is not one."""
    end = payload.index(b"\n")
    header = _decoder.decode(payload[:end])
    at = end + 1
    entries = []
    last = header.first + len(header.sizes) - 1
    for seq, size in enumerate(header.sizes, header.first):
        frame = payload[at : at + size]
        removes = header.removes.get(str(seq)) if header.removes else None
        closes, takes_back = header.closes and seq == last, frame.startswith(_TAKEN_BACK)
        entries.append(SpanEntry(seq, frame_text(frame), removes, closes, takes_back))
        at += size
    return Span(header.epoch, entries, header.head, header.too_far)
