"""The service's stream on JetStream: made when it is missing, asked what it remembers, written in order."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import orjson
from nats.js.api import DiscardPolicy, PubAck, RetentionPolicy, StorageType, StreamConfig, StreamState
from nats.js.errors import NotFoundError

from shared.bus import Bus
from shared.outbox.store import Row
from shared.problems import Unavailable

_MAX_AGE = 48 * 3600
_DUPLICATE_WINDOW = 120
_ACK_SECONDS = 5.0


def stream_name(service: str) -> str:
    """`rooms` publishes to ROOMS."""
    return service.upper()


@dataclass(frozen=True, slots=True)
class Remembered:
    """How far the stream goes: its sequence, and the epoch and id of the last event in it, if there is one."""

    stream_seq: int
    epoch: str = ""
    last_id: int = 0


class Stream:
    """One service's stream."""

    def __init__(self, service: str, bus: Bus) -> None:
        self._service = service
        self._bus = bus
        self._config = StreamConfig(
            name=stream_name(service),
            subjects=[f"{service}.>"],
            retention=RetentionPolicy.LIMITS,
            discard=DiscardPolicy.OLD,
            storage=StorageType.FILE,
            max_age=_MAX_AGE,
            duplicate_window=_DUPLICATE_WINDOW,
        )

    async def remembered(self) -> Remembered:
        """Make the stream if it isn't there, and say what is in it."""
        name = stream_name(self._service)
        try:
            state = (await self._bus.js.stream_info(name)).state
        except NotFoundError:
            state = (await self._bus.js.add_stream(self._config)).state
        return await self._last_event(state)

    async def publish(self, rows: Sequence[Row], epoch: str) -> "Unconfirmed":
        """Send the rows without waiting for each; the confirmations are to be awaited in order."""
        sent = Unconfirmed()
        for first, last, subject, body in _messages(rows, self._bus.max_payload // 2):
            headers = {"Nats-Msg-Id": f"{self._service}:{epoch}:{first}-{last}"}
            future = await self._bus.js.publish_async(subject, body, stream=stream_name(self._service), headers=headers)
            sent.waiting.append((last, future))
        return sent

    async def _last_event(self, state: StreamState) -> Remembered:
        if not state.messages:
            return Remembered(state.last_seq)
        try:
            message = await self._bus.js.get_msg(stream_name(self._service), seq=state.last_seq)
            last = orjson.loads(message.data or b"")[-1]
            return Remembered(state.last_seq, str(last["epoch"]), int(last["id"]))
        except (NotFoundError, ValueError, LookupError, TypeError):
            return Remembered(state.last_seq)


class Unconfirmed:
    """What was sent and is not confirmed yet."""

    def __init__(self) -> None:
        self.waiting: list[tuple[int, asyncio.Future[PubAck]]] = []

    async def confirmed(self) -> tuple[int, int]:
        """The next confirmation: up to which id, at which sequence of the stream."""
        last, future = self.waiting[0]
        async with asyncio.timeout(_ACK_SECONDS):
            ack = await future
        del self.waiting[0]
        return last, ack.seq

    def abandon(self) -> None:
        """Wait for no more of them; who waits is told."""
        for _, future in self.waiting:
            if not future.done():
                future.set_exception(Unavailable("The message broker went away."))
            if not future.cancelled():
                future.exception()  # seen, even if nobody awaits it


def _messages(rows: Sequence[Row], max_bytes: int) -> Iterator[tuple[int, int, str, bytes]]:
    """Neighbours of one subject share a message: first id, last id, subject, body."""
    for subject, group in groupby(rows, key=lambda row: row.subject):
        part: list[Row] = []
        size = 0
        for row in group:
            if part and size + len(row.envelope) > max_bytes:
                yield _message(subject, part)
                part, size = [], 0
            part.append(row)
            size += len(row.envelope) + 1
        yield _message(subject, part)


def _message(subject: str, rows: list[Row]) -> tuple[int, int, str, bytes]:
    return rows[0].id, rows[-1].id, subject, b"[" + b",".join(row.envelope for row in rows) + b"]"
