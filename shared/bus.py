"""The connection to NATS: requests with a deadline, methods served, subjects heard.

Connects when it can and again whenever it must; nothing here waits for the broker longer than it was told to. While the
connection is down a request is refused instead of kept for later, because its caller will have given up by then.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import nats.errors
import orjson
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from shared import tracing
from shared.problems import TooLarge, Unavailable, UpstreamTimeout
from shared.remote import Handler, RpcServer, raise_remote
from shared.settings import ProcessSettings
from shared.tasks import ended
from shared.web.request_id import current_request_id

_log = structlog.get_logger(__name__)
Callback = Callable[[Msg], Awaitable[None]]
_FIRST_CONNECT = 5.0
_CONNECT_TIMEOUT = 2
_RECONNECT_WAIT = 0.25
_PING_INTERVAL = 1  # three missed ones are noticed within four seconds (RELIABILITY.md F08)
_PING_SECONDS = 1.0
_JETSTREAM_SECONDS = 2.0
_PENDING_BYTES = 2 * 1024 * 1024


class Subscription:
    """Interest in a subject, kept over reconnects until it is unsubscribed."""

    def __init__(self, bus: "Bus", subject: str, queue: str, callback: Callback) -> None:
        self._bus = bus
        self.subject = subject
        self.queue = queue
        self.callback = callback
        self.live: Any = None

    async def unsubscribe(self) -> None:
        """Hear no more of it."""
        self._bus.subscriptions.discard(self)
        live, self.live = self.live, None
        if live is not None:
            with suppress(nats.errors.Error):
                await live.unsubscribe()


class Bus:
    """One service's connection."""

    def __init__(self, service: str, settings: ProcessSettings) -> None:
        self.service = service
        self.on_reconnect: list[Callable[[], object]] = []
        self.subscriptions: set[Subscription] = set()
        self._settings = settings
        self._client = Client()
        self._js = JetStreamContext(self._client, timeout=_JETSTREAM_SECONDS)
        self._up = asyncio.Event()
        self._closed = asyncio.Event()
        self._last_error = ""
        self._rpc = RpcServer(service, self)

    @property
    def is_connected(self) -> bool:
        """Whether the broker is there, as far as is known."""
        return self._up.is_set()

    @property
    def js(self) -> JetStreamContext:
        """JetStream on the present connection; don't keep it."""
        return self._js

    @property
    def max_payload(self) -> int:
        """The most bytes that the broker takes in one message."""
        return self._client.max_payload

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """A part: stay connected until left. Starts without the broker too, after a few seconds."""
        keeper = asyncio.create_task(self._keep_connected(), name="bus")
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(_FIRST_CONNECT):
                    await self._up.wait()
            yield
        finally:
            for subscription in [each for each in self.subscriptions if each.queue]:
                await subscription.unsubscribe()
            await self._rpc.drain()
            await ended(keeper)
            await self._disconnect()

    async def request(self, subject: str, payload: Any, *, timeout: float = 2.0) -> Any:
        """Ask another service and return its decoded answer.

        Raises Unavailable (nobody there), UpstreamTimeout (no answer in time) or the problem that it answered.
        """
        return orjson.loads(await self.request_raw(subject, orjson.dumps(payload), timeout))

    async def request_raw(self, subject: str, data: bytes, timeout: float = 2.0) -> bytes:
        """The same for bytes."""
        request_id = current_request_id()
        headers = {"X-Request-ID": request_id} if request_id else None
        try:
            async with asyncio.timeout(timeout):
                await self._wait_connected(timeout / 2)
                with tracing.step(subject, "client"):
                    told = tracing.passed_on(headers)
                    message = await self._client.request(subject, data, timeout=timeout, headers=told)
        except nats.errors.NoRespondersError:
            raise Unavailable(f"Nobody answers {subject}.") from None
        except (TimeoutError, nats.errors.TimeoutError):
            raise UpstreamTimeout(f"{subject} did not answer in time.") from None
        except nats.errors.MaxPayloadError:
            raise TooLarge(f"That is too much for {subject}.") from None
        except nats.errors.Error as error:
            raise Unavailable(f"{subject} can't be asked.") from error
        raise_remote(message)
        return message.data

    async def serve(self, method: str, handler: Handler) -> Subscription:
        """Answer `rpc.<service>.<method>`, shared with the other replicas; what the handler raises is answered too."""
        return await self._subscribe(f"rpc.{self.service}.{method}", self.service, self._rpc.answering(handler))

    async def publish(self, subject: str, data: bytes) -> None:
        """Tell whoever listens now. Raises Unavailable while disconnected."""
        await self.send(subject, data)

    async def send(self, subject: str, data: bytes, headers: dict[str, str] | None = None, reply: str = "") -> None:
        """Publish with headers."""
        if not self.is_connected:
            raise Unavailable("The message broker is away.")
        try:
            await self._client.publish(subject, data, headers=tracing.passed_on(headers), reply=reply)
        except nats.errors.MaxPayloadError:
            raise TooLarge("That is too much for one message.") from None
        except nats.errors.Error as error:
            raise Unavailable("The message broker is away.") from error

    async def subscribe(self, subject: str, callback: Callback) -> Subscription:
        """Hear what is published from now on, whoever else hears it."""
        return await self._subscribe(subject, "", callback)

    def new_inbox(self) -> str:
        """A subject of our own for answers."""
        return self._client.new_inbox()

    async def ping(self) -> None:
        """Return once the broker has taken all that went before, subscriptions included; Unavailable if it doesn't."""
        if not self.is_connected:
            raise Unavailable("The message broker is away.")
        try:
            async with asyncio.timeout(_PING_SECONDS):
                # nats-py writes a PING at once, ahead of what it still holds: that goes first.
                await self._client._flush_pending(force_flush=True)
                await self._client.flush()
        except (nats.errors.Error, TimeoutError) as error:
            raise Unavailable("The message broker does not answer.") from error

    async def _subscribe(self, subject: str, queue: str, callback: Callback) -> Subscription:
        subscription = Subscription(self, subject, queue, callback)
        self.subscriptions.add(subscription)
        if self.is_connected:
            await self._listen(subscription)
        return subscription

    async def _listen(self, subscription: Subscription) -> None:
        subscription.live = await self._client.subscribe(
            subscription.subject, queue=subscription.queue, cb=subscription.callback
        )

    async def _wait_connected(self, longest: float) -> None:
        if self.is_connected:
            return
        try:
            async with asyncio.timeout(longest):
                await self._up.wait()
        except TimeoutError:
            raise Unavailable("The message broker is away.") from None

    async def _keep_connected(self) -> None:
        """A client of nats-py reconnects by itself until the broker refuses it; then a new one is needed."""
        while True:
            self._closed.clear()
            self._client = Client()
            self._js = JetStreamContext(self._client, timeout=_JETSTREAM_SECONDS)
            try:
                await self._connect()
                await self._closed.wait()
            except Exception as error:
                _log.warning("can't connect to NATS yet", reason=str(error) or type(error).__name__)
            await self._disconnect()
            await asyncio.sleep(_RECONNECT_WAIT)

    async def _disconnect(self) -> None:
        self._up.clear()
        # A client that never got far enough fails its own assertions when it is closed.
        with suppress(Exception):
            await self._client.close()

    async def _connect(self) -> None:
        password = self._settings.nats_password.get_secret_value()
        async with asyncio.timeout(2 * _CONNECT_TIMEOUT):
            await self._client.connect(
                self._settings.nats_url,
                name=self.service,
                user=self._settings.nats_user or None,
                password=password or None,
                inbox_prefix=f"_INBOX_{self.service}",
                connect_timeout=_CONNECT_TIMEOUT,
                reconnect_time_wait=_RECONNECT_WAIT,  # type: ignore[arg-type]  # it is only slept
                max_reconnect_attempts=-1,
                ping_interval=_PING_INTERVAL,
                max_outstanding_pings=2,
                pending_size=_PENDING_BYTES,
                flush_timeout=_CONNECT_TIMEOUT,
                error_cb=self._on_error,
                disconnected_cb=self._on_disconnected,
                reconnected_cb=self._on_connected,
                closed_cb=self._on_closed,
            )
        for subscription in list(self.subscriptions):
            await self._listen(subscription)
        await self._on_connected()

    async def _on_connected(self) -> None:
        _log.info("connected to NATS")
        self._last_error = ""
        self._up.set()
        for callback in self.on_reconnect:
            try:
                callback()
            except Exception:
                _log.exception("a callback failed after connecting")

    async def _on_disconnected(self) -> None:
        self._up.clear()
        # What was not sent yet is not sent later: its sender is told "unavailable" and may have tried again by then.
        self._client._pending.clear()
        self._client._pending_data_size = 0

    async def _on_closed(self) -> None:
        self._closed.set()

    async def _on_error(self, error: Exception) -> None:
        reason = str(error) or type(error).__name__
        if reason != self._last_error:
            self._last_error = reason
            _log.warning("NATS reports an error", reason=reason)
