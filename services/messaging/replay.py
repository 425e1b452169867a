"""Replay of a room's entries, and of the whole timeline for services that follow it."""

from datetime import timedelta

import orjson

from services.messaging import feed
from services.messaging.settings import Settings
from services.messaging.spans import encode_span
from services.messaging.timeline import Entry
from shared.database import ReadSession

_PAGE = 500
_PAGE_BYTES = 512 * 1024


def replay(tx: ReadSession, room_id: str, after: int, resume: bool, settings: Settings) -> bytes:
    """The next stretch after `after` as a span; its header adds `head`, and `too_far` when a client that resumes
    there is outside the window (REALTIME.md promise 4)."""
    head, entries = feed.room_entries(tx, room_id, after, _PAGE)
    epoch = feed.head(tx)["epoch"]
    purged = after < head and (not entries or entries[0].seq > after + 1)
    if after > head or purged or (resume and _outside(tx, entries, head - after, settings)):
        return encode_span(epoch, [], head=head, too_far=True)
    return encode_span(epoch, _within(entries, _PAGE_BYTES), head=head, too_far=False)


def outbox(tx: ReadSession, after: int, limit: int) -> bytes:
    """Envelopes after a position: {"epoch", "last", "events": [...]}."""
    head = feed.head(tx)
    entries = _within(feed.entries_after(tx, after, limit), _PAGE_BYTES)
    prefix = orjson.dumps({"epoch": head["epoch"], "last": head["pos"]})[:-1]
    return prefix + b',"events":[' + b",".join(feed.envelope(entry, head["epoch"]) for entry in entries) + b"]}"


def _outside(tx: ReadSession, entries: list[Entry], missed: int, settings: Settings) -> bool:
    if missed <= settings.replay_events or not entries:
        return False
    return entries[0].at < tx.now - timedelta(hours=settings.replay_hours)


def _within(entries: list[Entry], max_bytes: int) -> list[Entry]:
    size = 0
    for index, entry in enumerate(entries):
        size += len(entry.frame) + 256
        if index and size > max_bytes:
            return entries[:index]
    return entries
