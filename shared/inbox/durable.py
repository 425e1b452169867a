"""A durable consumer on another service's stream, read by pulling."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import orjson
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from shared.bus import Bus
from shared.outbox.stream import stream_name
from shared.problems import Unavailable

_BATCH = 200
_EXPIRES = 5.0
_ACK_WAIT = 30
_MOST_PENDING = 2_000
_OVER = {"404", "408"}  # nothing there; waited long enough


class Durable:
    """Named after the consumer, on the producer's stream. Made when it is missing, shared by replicas."""

    def __init__(self, consumer: str, producer: str, bus: Bus) -> None:
        self._bus = bus
        self._stream = stream_name(producer)
        self._name = consumer
        self._next = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{consumer}"
        self._inbox = ""
        self._heard: asyncio.Queue[Msg | None] = asyncio.Queue()
        self._exists = False
        self._open = 0
        self._open_until = 0.0

    @asynccontextmanager
    async def bound(self) -> AsyncIterator[None]:
        """Listen until left."""
        self._inbox = self._bus.new_inbox()
        subscription = await self._bus.subscribe(self._inbox, self._on_message)
        self._bus.on_reconnect.append(self._forget)
        try:
            yield
        finally:
            self._bus.on_reconnect.remove(self._forget)
            await subscription.unsubscribe()

    async def batch(self, timeout: float) -> list[Msg]:
        """What is there, or comes within the time; nothing if nothing does, or there is no stream yet."""
        messages = self._drain()
        deadline = time.monotonic() + timeout
        while not messages and (left := deadline - time.monotonic()) > 0:
            await self._ask()
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    first = await self._heard.get()
                    messages = [first] if first else []
            messages += self._drain()
        return messages

    async def acknowledge(self, messages: list[Msg]) -> None:
        """They are applied; without it they would only come again."""
        for message in messages:
            with suppress(Unavailable):
                await self._bus.send(message.reply, b"+ACK")

    def _drain(self) -> list[Msg]:
        messages = []
        while not self._heard.empty():
            message = self._heard.get_nowait()
            if message is not None:
                messages.append(message)
        return messages

    async def _ask(self) -> None:
        if not self._exists:
            self._exists = await self._ensure()
        if self._exists and (self._open == 0 or time.monotonic() > self._open_until):
            self._open, self._open_until = _BATCH, time.monotonic() + _EXPIRES + 1
            question = {"batch": _BATCH, "expires": int(_EXPIRES * 1e9)}
            await self._bus.send(self._next, orjson.dumps(question), reply=self._inbox)

    async def _ensure(self) -> bool:
        config = ConsumerConfig(
            durable_name=self._name,
            ack_policy=AckPolicy.EXPLICIT,
            deliver_policy=DeliverPolicy.ALL,
            ack_wait=_ACK_WAIT,
            max_ack_pending=_MOST_PENDING,
        )
        if not self._bus.is_connected:
            return False
        try:
            await self._bus.js.add_consumer(self._stream, config)
        except NotFoundError:
            return False
        return True

    def _forget(self) -> None:
        """After a reconnect nothing is certain: neither what was asked nor that the consumer is still there."""
        self._exists = False
        self._open = 0
        self._heard.put_nowait(None)

    async def _on_message(self, message: Msg) -> None:
        status = (message.headers or {}).get("Status") if not message.data else None
        if status is None:
            self._open = max(0, self._open - 1)
            self._heard.put_nowait(message)
            return
        self._open = 0
        self._exists = self._exists and status in _OVER
        self._heard.put_nowait(None)
