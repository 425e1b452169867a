"""One transaction of following: the effects of events and the cursor, together or not at all."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import insert, select, update

from shared.database import ReadSession, WriteSession
from shared.events import Envelope
from shared.inbox.tables import dead_letter, inbox
from shared.web.request_id import request_id_bound

Handler = Callable[[WriteSession, Envelope], None]
Concerns = Callable[[Any], bool]
Subscribed = tuple[Handler, Concerns | None]
RawEvent = Mapping[str, Any]
_LONGEST_ERROR = 2000


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last event applied of a producer."""

    epoch: str = ""
    last_id: int = 0


@dataclass(frozen=True, slots=True)
class Applied:
    """Where a transaction ended, and whether it ended at a hole."""

    cursor: Cursor
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """What a producer's outbox answered to `after`: nothing between these events exists any more."""

    after: int
    epoch: str
    last: int
    events: Sequence[RawEvent]

    @property
    def lost(self) -> int:
        """How many that came after something known exist no more."""
        first = self.events[0]["id"] if self.events else self.last + 1
        return max(0, first - self.after - 1) if self.after else 0

    def has_nothing_after(self, cursor: Cursor) -> bool:
        """Whether it brings nothing to who is there."""
        return self.epoch == cursor.epoch and self.last <= cursor.last_id

    def split(self) -> Iterator["Page"]:
        """The same, an event a page."""
        after = self.after
        for event in self.events:
            yield Page(after, self.epoch, self.last, [event])
            after = event["id"]


def is_event_of(producer: str, event: Any) -> bool:
    """Whether it has what following needs, and tells of nothing but the producer's own."""
    return (
        isinstance(event, dict)
        and type(event.get("id")) is int
        and isinstance(event.get("epoch"), str)
        and event.get("producer") == producer
        and str(event.get("subject")).startswith(f"{producer}.")
    )


def cursor(tx: ReadSession, producer: str) -> Cursor:
    """Where the producer was followed to."""
    row = tx.execute(select(inbox.c.epoch, inbox.c.last_id).where(inbox.c.producer == producer)).one_or_none()
    return Cursor(row.epoch, row.last_id) if row else Cursor()


class Applier:
    """Applies the events of one producer."""

    def __init__(self, producer: str, handlers: Mapping[str, Sequence[Subscribed]]) -> None:
        self._producer = producer
        self._handlers = handlers

    def heard(self, tx: WriteSession, events: Sequence[RawEvent]) -> Applied:
        """Apply what follows the cursor, up to the first hole or the first event of another epoch."""
        start = now = cursor(tx, self._producer)
        for event in events:
            if now == Cursor() and event["id"] == 1:
                now = Cursor(event["epoch"])
            if event["epoch"] != now.epoch or event["id"] > now.last_id + 1:
                return self._move(tx, start, now, missing=True)
            now = self._take(tx, now, event)
        return self._move(tx, start, now)

    def fetched(self, tx: WriteSession, page: Page) -> Applied:
        """Apply a page of the producer's outbox, which knows better than any message what comes next."""
        start = now = cursor(tx, self._producer)
        if page.epoch != now.epoch:
            now = Cursor(page.epoch, 0)
            if page.after != 0:
                return self._move(tx, start, now, missing=True)
        if page.after > now.last_id:
            return self._move(tx, start, now, missing=True)
        for event in page.events:
            now = self._take(tx, now, event)
        if not page.events:
            now = Cursor(now.epoch, max(now.last_id, page.last))
        return self._move(tx, start, now)

    def bury(self, tx: WriteSession, event: RawEvent, error: str) -> Applied:
        """Put the event aside and go on after it."""
        start = cursor(tx, self._producer)
        if event["epoch"] == start.epoch and event["id"] <= start.last_id:
            return Applied(start)
        text = orjson.dumps(event).decode()
        row = {"producer": self._producer, "event_id": event["id"], "envelope": text, "at": tx.now}
        tx.execute(insert(dead_letter), {**row, "error": error[:_LONGEST_ERROR]})
        return self._move(tx, start, Cursor(event["epoch"], event["id"]))

    def _take(self, tx: WriteSession, now: Cursor, event: RawEvent) -> Cursor:
        if event["id"] <= now.last_id:
            return now
        for handler, concerns in self._handlers.get(str(event.get("type")), ()):
            if concerns is not None and not concerns(event.get("data")):
                continue
            envelope = Envelope.model_validate(event)
            with request_id_bound(envelope.request_id):
                handler(tx, envelope)
        return Cursor(now.epoch, event["id"])

    def _move(self, tx: WriteSession, start: Cursor, now: Cursor, missing: bool = False) -> Applied:
        if now != start:
            values = {"epoch": now.epoch, "last_id": now.last_id}
            if start == Cursor():
                tx.execute(insert(inbox), {"producer": self._producer, **values})
            else:
                tx.execute(update(inbox).where(inbox.c.producer == self._producer), values)
        return Applied(now, missing)
