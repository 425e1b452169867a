"""One room as this gateway shows it: its order, its last entries, and the sockets that see it.

Invariants: every number is shown once and in order; an early entry waits and what is missing before it is fetched;
a socket joins at exactly the number that was shown last (RELIABILITY.md §2.2.5).
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

import structlog

from services.gateway.realtime.span import Span, SpanEntry
from shared.metrics import counter
from shared.problems import Problem

if TYPE_CHECKING:
    from services.gateway.realtime.client import Client

_log = structlog.get_logger(__name__)
_DELIVERIES = counter("parley_deliveries", "Entries written to sockets: one entry in a room of ten is ten")
_RING = 500
_MAX_EARLY = 5_000
_STRETCH = 256 * 1024
_FLUSH_PER_SOCKET = 10e-6
_TURNS = 3
_RETRY = 0.5
_BEYOND = 2**62

Fetch = Callable[[str, int], Awaitable[Span]]


class LiveRoom:
    """The room's state on this gateway. Nothing in the fan-out awaits."""

    def __init__(self, room_id: str, epoch: str, seq: int, fetch: Fetch) -> None:
        self.id = room_id
        self.epoch = epoch
        self.seq = seq
        self.clients: dict[Client, Callable[[bytes], None]] = {}
        self.removed: dict[str, int] = {}
        self.gone = False
        self._fetch = fetch
        self.rewrites = 0
        """How often earlier entries came to say something else: what was fetched before is not kept after."""
        self._ring: deque[tuple[int, bytes]] = deque(maxlen=_RING)
        self._unkept = 0
        self._early: dict[int, SpanEntry] = {}
        self._pending: list[bytes] = []
        self._timer: asyncio.Handle | None = None
        self._next_flush = 0.0
        self._loop = asyncio.get_running_loop()
        self._repair: asyncio.Task[None] | None = None
        self._expected = seq
        self._moved = asyncio.Event()
        self._trimmed_at = -1
        self._starting_over = False

    # Entries come in

    def receive(self, span: Span) -> None:
        """Take consecutive entries from the bus or from a fetch; late and doubled ones do no harm."""
        if span.epoch != self.epoch:
            self._restart(span.epoch)
            return
        for entry in span.entries:
            if entry.seq == self.seq + 1 and not self._starting_over:
                self._show(entry)
                self._show_early()
            elif entry.seq > self.seq and len(self._early) < _MAX_EARLY:
                self._early[entry.seq] = entry
        self._schedule_flush()
        if self._early:
            self.expect(max(self._early))

    def expect(self, seq: int) -> None:
        """The room has entries up to `seq`: fetch what did not come."""
        self._expected = max(self._expected, seq)
        if self.seq < self._expected and self._repair is None:
            self._repair = asyncio.create_task(self._mend(), name=f"repair-{self.id}")

    async def reached(self, seq: int, timeout: float) -> None:
        """Wait until `seq` is shown; TimeoutError when it does not come."""
        async with asyncio.timeout(timeout):
            while self.seq < seq or self._starting_over:
                self.expect(seq)
                self._moved.clear()
                await self._moved.wait()

    def new_epoch(self, epoch: str) -> None:
        """Messaging's database is another than before."""
        if epoch != self.epoch:
            self._restart(epoch)

    async def fill(self) -> Span:
        """Fetch and show what comes after the last entry."""
        rewrites = self.rewrites
        span = await self._fetch(self.id, self.seq)
        if rewrites != self.rewrites and span.entries:
            self._unkept = max(self._unkept, span.entries[-1].seq)
        self.receive(span)
        return span

    async def _mend(self) -> None:
        try:
            while self.seq < self._expected:
                before = self.seq
                try:
                    span = await self.fill()
                except (Problem, OSError) as problem:
                    _log.warning("a room's missing entries can't be fetched yet", room_id=self.id, reason=str(problem))
                    await asyncio.sleep(_RETRY)
                    continue
                if self.seq == before and span.head <= self.seq:
                    self._expected = self.seq
        finally:
            if self._repair is asyncio.current_task():
                self._repair = None

    def _show(self, entry: SpanEntry) -> None:
        self.seq = entry.seq
        if entry.takes_back:
            self.forget()
        if entry.seq > self._unkept:
            self._ring.append((entry.seq, entry.frame))
        else:
            self._ring.clear()
        self._pending.append(entry.frame)
        if entry.removes is not None:
            self.removed[entry.removes] = entry.seq
            self.flush()
            self._drop(entry.removes)
        if entry.closes:
            self.gone = True
            self.flush()
            self._drop(None)
        self._moved.set()

    def _show_early(self) -> None:
        while (entry := self._early.pop(self.seq + 1, None)) is not None:
            self._show(entry)
        if self._early and min(self._early) <= self.seq:
            self._early = {seq: entry for seq, entry in self._early.items() if seq > self.seq}

    def _drop(self, user_id: str | None) -> None:
        for client in [one for one in self.clients if user_id is None or one.user_id == user_id]:
            client.removed_from(self, deleted=user_id is None)

    def _restart(self, epoch: str) -> None:
        """Another database answers now: nobody's numbers mean anything, so everybody starts from its head."""
        self.flush()
        self.epoch, self.seq, self._starting_over = epoch, 0, True
        self.forget()
        self._unkept = 0
        self._early.clear()
        self.removed.clear()
        self.gone = False
        if self._repair is not None:
            self._repair.cancel()
        self._repair = asyncio.create_task(self._start_over(), name=f"restart-{self.id}")

    async def _start_over(self) -> None:
        span = None
        while span is None:
            try:
                span = await self._fetch(self.id, _BEYOND)
            except Problem:
                await asyncio.sleep(_RETRY)
        self.epoch, self.seq = span.epoch, span.head
        self._expected = span.head
        self._starting_over, self._repair = False, None
        self._moved.set()
        for client in list(self.clients):
            client.resync(self)
        self._show_early()
        self._schedule_flush()

    # Sockets come and go

    def add(self, client: "Client") -> None:
        """The client sees everything after `self.seq`, and nothing before."""
        self.flush()
        self.clients[client] = client.wire.writer()

    def discard(self, client: "Client") -> None:
        """The client sees nothing more."""
        self.clients.pop(client, None)

    def ring_after(self, seq: int) -> tuple[int, bytes] | None:
        """A stretch of frames after `seq`, and the number of its last; None when the ring doesn't reach back so far."""
        if seq >= self.seq:
            return self.seq, b""
        if not self._ring or self._ring[0][0] > seq + 1:
            return None
        frames, size = [], 0
        for number, frame in islice(self._ring, seq + 1 - self._ring[0][0], None):
            frames.append(frame)
            seq, size = number, size + len(frame)
            if size > _STRETCH:
                break
        return seq, b"".join(frames)

    def keep(self, entries: Sequence[SpanEntry], rewrites: int) -> None:
        """Remember earlier entries that were fetched for one socket, as far as they join on to the ring: after a
        restart everybody asks for the same ones. `rewrites` is what it was when they were asked for."""
        if rewrites != self.rewrites:
            return
        first = self._ring[0][0] if self._ring else self.seq + 1
        for entry in reversed(entries):
            if entry.seq == first - 1 and len(self._ring) < _RING:
                self._ring.appendleft((entry.seq, entry.frame))
                first -= 1

    def trim(self) -> None:
        """Give back the memory of a room that was quiet since the last call; what it held can be fetched."""
        if self.seq == self._trimmed_at:
            self._ring.clear()
        self._trimmed_at = self.seq

    def forget(self) -> None:
        """Earlier entries say something else now: who resumes gets them from messaging, those that wait here too."""
        self.rewrites += 1
        self._unkept = max(self._early, default=self._unkept)
        self._ring.clear()

    # Frames go out

    def broadcast(self, frame: bytes, *, but_user: str | None = None) -> None:
        """A frame without a number, after all that was shown before it."""
        self.flush()
        for client, write in tuple(self.clients.items()):
            if client.user_id != but_user:
                write(frame)

    def flush(self) -> None:
        """Write what was shown since the last flush, joined, to every socket."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._pending:
            return
        data = self._pending[0] if len(self._pending) == 1 else b"".join(self._pending)
        entries = len(self._pending)
        self._pending.clear()
        for write in self.clients.values():
            write(data)
        _DELIVERIES.inc(entries * len(self.clients))
        self._next_flush = self._loop.time() + len(self.clients) * _FLUSH_PER_SOCKET

    def _schedule_flush(self) -> None:
        """The first frame at once; then one flush per n x 10 us, so that one hot room can't eat the loop."""
        if not self._pending or self._timer is not None:
            return
        if self._loop.time() >= self._next_flush:
            self._flush_in(_TURNS)
        else:
            self._timer = self._loop.call_at(self._next_flush, self.flush)

    def _flush_in(self, turns: int) -> None:
        """Some turns of the loop from here: an answer that came in the same packet reaches who waits for it before all
        sockets are written to, which takes ten milliseconds with a thousand of them."""
        if turns == 0:
            self.flush()
        else:
            self._timer = self._loop.call_soon(self._flush_in, turns - 1)

    def close(self) -> None:
        """Nobody looks any more."""
        if self._timer is not None:
            self._timer.cancel()
        if self._repair is not None:
            self._repair.cancel()
