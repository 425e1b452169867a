"""The span: consecutive entries of one room as bytes, for the live subject and for replay.

A line of JSON (`epoch`, `first` seq, `sizes` of the frames, `removes` {seq: user_id}, `closes`), then the frames one
after the other. A gateway splits it without parsing a frame (ARCHITECTURE.md decision 4).
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import orjson

from services.messaging.timeline import Entry


def encode_span(epoch: str, entries: Sequence[Entry], **extra: Any) -> bytes:
    """Consecutive entries of one room as one payload; `extra` goes into the header."""
    header = {
        "epoch": epoch,
        "first": entries[0].seq if entries else 0,
        "sizes": [len(entry.frame) for entry in entries],
        "removes": {str(entry.seq): entry.removes for entry in entries if entry.removes},
        "closes": any(entry.type == "room.deleted" for entry in entries),
        **extra,
    }
    return b"".join([orjson.dumps(header), b"\n", *(entry.frame for entry in entries)])


def by_room(entries: Iterable[Entry], max_bytes: int) -> Iterable[list[Entry]]:
    """Spans of one room each, in order within a room, none larger than `max_bytes` unless it is a single entry."""
    ordered = sorted(entries, key=lambda entry: (entry.room_id, entry.seq))
    for _, group in groupby(ordered, key=lambda entry: entry.room_id):
        span: list[Entry] = []
        size = 0
        for entry in group:
            if span and size + len(entry.frame) > max_bytes:
                yield span
                span, size = [], 0
            span.append(entry)
            size += len(entry.frame)
        yield span
