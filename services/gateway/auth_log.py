"""Follows auth's log of events: told of each the moment it happens, and by reading, so that none is missed.

Reading starts at the end and goes back as far as matters, and again whenever the log is another one (auth's database
was restored); from then on it goes forward, every second and whenever somebody needs to be sure.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import orjson
import structlog
from pydantic import ValidationError

from shared.bus import Bus
from shared.clock import utc_now
from shared.events import Envelope
from shared.problems import Problem
from shared.tasks import ended

HEARD = ("auth.session.*.revoked", "auth.user.*.role_changed", "auth.user.*.deleted")
PAGE = 500
POLL_SECONDS = 1.0
_log = structlog.get_logger(__name__)


class AuthLog:
    """Hands every event of auth to `apply`, at least once; `apply` must not mind twice, or out of order."""

    def __init__(self, bus: Bus, apply: Callable[[Envelope], None], memory: timedelta) -> None:
        self._bus = bus
        self._apply = apply
        self._memory = memory
        self._epoch: str | None = None
        self._cursor = 0
        self._reading = asyncio.Lock()
        self._asked = self._served = 0

    @property
    def read_once(self) -> bool:
        """Whether the log has been read back as far as matters."""
        return self._epoch is not None

    @asynccontextmanager
    async def followed(self) -> AsyncIterator[None]:
        """Follow it for as long as the context is open."""
        heard = [await self._bus.subscribe(subject, self._hear) for subject in HEARD]
        polling = asyncio.create_task(self._poll(), name="auth's log")
        try:
            yield
        finally:
            await ended(polling)
            for subscription in heard:
                await subscription.unsubscribe()

    async def refresh(self) -> None:
        """Returns once everything that auth committed before this call has been applied."""
        self._asked += 1
        mine = self._asked
        async with self._reading:
            if self._served >= mine:
                return  # the reading that just ended began after we asked
            begun = self._asked
            await self._read()
            self._served = begun

    async def _poll(self) -> None:
        while True:
            try:
                await self.refresh()
            except Problem as away:
                _log.debug("auth's log cannot be read now", reason=away.detail)
            except Exception:
                _log.exception("reading auth's log failed")
            await asyncio.sleep(POLL_SECONDS)

    async def _hear(self, message: Any) -> None:
        for event in orjson.loads(message.data):
            self._take(event)

    async def _read(self) -> None:
        while True:
            page = await self._page(self._cursor)
            if page["epoch"] != self._epoch:
                await self._read_backwards()
                return
            for event in page["events"]:
                self._cursor = self._take(event)
            if not page["events"] or self._cursor >= page["last"]:
                return

    async def _read_backwards(self) -> None:
        end = await self._page(0)
        oldest, start = utc_now() - self._memory, int(end["last"])
        while start > 0:
            until, start = start, max(0, start - PAGE)
            first = await self._read_range(start, until)
            if first is None or first < oldest:
                break
        self._epoch, self._cursor = end["epoch"], int(end["last"])

    async def _read_range(self, after: int, until: int) -> datetime | None:
        """Apply the events `after` to `until`; when the first one still kept happened."""
        first = None
        while after < until and (events := (await self._page(after))["events"]):
            first = first or Envelope.model_validate(events[0]).at
            for event in events:
                after = self._take(event)
        return first

    async def _page(self, after: int) -> Any:
        return await self._bus.request("rpc.auth.outbox", {"after": after, "limit": PAGE})

    def _take(self, raw: dict[str, Any]) -> int:
        try:
            event = Envelope.model_validate(raw)
            if event.producer == "auth":
                self._apply(event)
        except (ValidationError, KeyError) as error:
            # Left out, not stopped at: what comes after it matters as well.
            _log.error("an event of auth cannot be read", id=raw.get("id"), reason=type(error).__name__)
        return int(raw["id"])
