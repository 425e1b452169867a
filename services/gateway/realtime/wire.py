"""The WebSocket protocol of the gateway: uvicorn's own, with a way to write prepared frames past ASGI.

Handshake, ping, close and parsing stay uvicorn's. The application finds the protocol object in
`scope["extensions"]["parley.wire"]`, gets each text as bytes by a plain call, and writes frames that were framed once
for all sockets straight to the transport. Every frame, uvicorn's own included, goes through the same
`transport.write`, so the order on the wire is the order of the calls. The overridden methods are not a documented
interface: uvicorn is pinned, and tests/realtime/test_wire.py holds each of them to its behaviour. Why, with figures:
docs/decisions/0005.
"""

import asyncio
import logging
import random
import socket
import struct
from asyncio.transports import BaseTransport
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame
from websockets.http11 import Request

from services.gateway.realtime.pulse import pulse_of

SEND_BUFFER = 1024 * 1024
MAX_MESSAGE = 64 * 1024
_REPLAY_BUFFER = 128 * 1024
_KERNEL_BUFFER = 128 * 1024
_MAX_FRAGMENTS = 256
_MAX_EARLY = 16
_PING_INTERVAL = 20.0
_WATCH = 0.25
_SILENCE = 60.0
_CLOSE_WAIT = 5.0
_SLOW_WAIT = 25.0
_DRAIN_SPREAD_MS = 5_000
_PING = b"\x89\x00"

_log = logging.getLogger("parley.gateway.wire")
_log.setLevel(logging.WARNING)  # uvicorn and websockets say two lines a socket, 66 us of CPU


def frame_text(payload: bytes) -> bytes:
    """The payload as one unmasked WebSocket text frame (RFC 6455 §5.2)."""
    size = len(payload)
    if size < 126:
        return b"\x81" + size.to_bytes(1, "big") + payload
    if size < 65536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


class Wire(WebSocketsSansIOProtocol):
    """One socket. States: handshake, open (after `listen`), closing (close sent), closed."""

    send_buffer = SEND_BUFFER

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.logger = _log
        self.conn.logger, self.conn.debug, self.conn.max_message_size = _log, False, MAX_MESSAGE
        self._pulse = pulse_of(server_state, self.loop, _PING_INTERVAL)
        self.closed: asyncio.Future[None] = self.loop.create_future()
        self._on_text: Callable[[bytes], None] | None = None
        self._on_binary: Callable[[], None] | None = None
        self._on_slow: Callable[[], None] | None = None
        self._on_drain: Callable[[], None] | None = None
        self._first: asyncio.Future[bytes] | None = None
        self._early: list[tuple[str, bytes]] = []
        self.on_end: Callable[[], None] | None = None
        """Called in the moment from which nothing may be written: a close frame was sent, or the peer is gone."""
        self._heard_at = self.loop.time()
        self._replays = 0
        self._watch: asyncio.TimerHandle | None = None
        self._overfull = False
        self._app_ended = False

    # What the application uses

    def listen(
        self,
        *,
        on_text: Callable[[bytes], None],
        on_binary: Callable[[], None],
        on_slow: Callable[[], None],
        on_drain: Callable[[], None],
    ) -> None:
        """Hand over what came since the handshake and all that comes from now on.

        `on_slow` is called once, when more than the send buffer waits for its reader; `on_drain` when the server stops.
        """
        self._on_text, self._on_binary, self._on_slow, self._on_drain = on_text, on_binary, on_slow, on_drain
        early, self._early = self._early, []
        for kind, data in early:
            self._deliver(kind, data)
        self._resume_reading()

    def listen_once(self, text: "asyncio.Future[bytes]") -> None:
        """Put the next text into `text`; what comes after it waits for `listen`."""
        self._first = text
        early, self._early = self._early, []
        for kind, data in early:
            self._deliver(kind, data)

    def write(self, frame: bytes) -> None:
        """Write prepared frames; nothing happens on a socket that closes."""
        if not self.close_sent and not self.disconnected:
            self.transport.write(frame)

    def writer(self) -> Callable[[bytes], None]:
        """The transport's own way to write, for loops over many sockets: not to be used after `on_end`."""
        return self.transport.write

    @contextmanager
    def replaying(self) -> Iterator[None]:
        """Let `writable` follow a small buffer, so that a replay waits for its reader instead of piling up."""
        self._replays += 1
        self.transport.set_write_buffer_limits(high=_REPLAY_BUFFER)
        try:
            yield
        finally:
            self._replays -= 1
            if not self._replays and not self.transport.is_closing():
                self.transport.set_write_buffer_limits(high=self.send_buffer)

    def finish(self, code: int, reason: str = "", *, wait: float = _CLOSE_WAIT) -> None:
        """Send a close frame behind what is already written, and cut the socket if the peer does not follow."""
        if self.close_sent or self.disconnected or self.transport.is_closing():  # the last one: its peer closed first
            return
        self.stop_keepalive()
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self._end()
        self._resume_reading()
        self.close_timer = self.loop.call_later(wait, self.cut)

    def finish_slow(self) -> None:
        """4408 for a reader that is too slow; a reader that doesn't read at all is cut later."""
        self.finish(4408, "too slow; reconnect with since", wait=_SLOW_WAIT)

    def cut(self) -> None:
        """End the connection at once, unread data included (`abort` alone would leave the FIN behind that data)."""
        raw: socket.socket | None = self.transport.get_extra_info("socket")
        if raw is not None and not self.transport.is_closing():
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    # What uvicorn calls

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        raw: socket.socket | None = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL_BUFFER)
        self.transport.set_write_buffer_limits(high=self.send_buffer)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._end()
        if not self.closed.done():
            self.closed.set_result(None)
        self._let_go()

    async def run_asgi(self) -> None:
        await super().run_asgi()
        self._app_ended = True
        self._let_go()

    def data_received(self, data: bytes) -> None:
        self._heard_at = self.loop.time()
        super().data_received(data)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if hasattr(self, "scope"):
            self.scope["extensions"]["parley.wire"] = self  # type: ignore[assignment]

    def handle_close(self, event: Frame) -> None:
        super().handle_close(event)
        self._end()

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= _MAX_FRAGMENTS:
            self.finish(1009, "too many fragments")
            return
        super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        data = self.frames[0] if len(self.frames) == 1 else b"".join(self.frames)
        self.frames = []
        if self.close_sent:
            return
        self._deliver(self.curr_msg_data_type, bytes(data))

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._replays:
            self._watch_buffer()
        else:
            # Not now: this is called from inside a write, and the fan-out loop is walking the room's sockets.
            self.loop.call_soon(self._tell_overfull)

    def handle_parser_exception(self) -> None:
        """Say why and go on reading for a moment: a close with unread data would be a reset, and lose the reason."""
        if self.close_sent or self.disconnected or self.conn.close_sent is None:
            return
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": self.conn.close_sent.code, "reason": ""})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.write_eof()
        self.close_sent = True
        self._end()
        self.close_timer = self.loop.call_later(_CLOSE_WAIT, self.cut)

    def start_keepalive(self) -> None:
        self._pulse.join(self)

    def stop_keepalive(self) -> None:
        super().stop_keepalive()
        self._pulse.leave(self)

    def beat(self) -> None:
        """Ping, and see to it that a silent peer is dropped in time."""
        silent = self.loop.time() - self._heard_at
        if silent >= _SILENCE - _PING_INTERVAL and self.pong_timer is None:
            self.pong_timer = self.loop.call_later(max(0.0, _SILENCE - silent), self.keepalive_timeout)
        self.write(_PING)

    def keepalive_timeout(self) -> None:
        self.pong_timer = None
        if not self.close_sent and self.loop.time() - self._heard_at >= _SILENCE:
            self.cut()

    def handle_pong(self, event: Frame) -> None:
        """Anything that is heard is as good as a pong."""

    def shutdown(self) -> None:
        if self.close_sent or self.disconnected:
            return
        if not self.handshake_complete:
            self.conn.send_response(self.conn.reject(503, "The gateway is stopping; connect again.\n"))
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()
        elif self._on_drain is not None:
            self._on_drain()
        else:
            self.finish_drained()

    def finish_drained(self) -> None:
        """1001 with a random delay in the reason, so that the clients of a gateway don't come back all at once."""
        self.finish(1001, f"retry_after_ms={random.randrange(_DRAIN_SPREAD_MS)}")

    def _end(self) -> None:
        if self.on_end is not None:
            self.on_end()

    def _watch_buffer(self) -> None:
        """Rooms that are live write on beside a replay that waits, and the transport says only once that it is full."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        if self.writable.is_set() or self.close_sent or self.transport.is_closing():
            return
        if self.transport.get_write_buffer_size() > self.send_buffer:
            self._tell_overfull()
        else:
            self._watch = self.loop.call_later(_WATCH, self._watch_buffer)

    def _tell_overfull(self) -> None:
        if self._overfull:
            return
        self._overfull = True
        if self._on_slow is None:
            self.finish_slow()
        else:
            self._on_slow()

    def _let_go(self) -> None:
        """Once both sides are done, drop what refers back to us: memory is free at once then, and not when garbage is
        looked for."""
        if self._app_ended and self.closed.done():
            self.on_end = self._on_text = self._on_binary = self._on_slow = self._on_drain = None
            self.scope["extensions"].clear()
            self.conn.parser.close()

    def _deliver(self, kind: str, data: bytes) -> None:
        if self._first is not None and not self._first.done():
            self._first.set_result(data if kind == "text" else b"")
        elif self._on_text is None or self._on_binary is None:
            self._early.append((kind, data))
            if len(self._early) >= _MAX_EARLY and not self.read_paused:
                self.read_paused = True
                self.transport.pause_reading()
        elif kind != "text":
            self._on_binary()
        elif _is_utf8(data):
            self._on_text(data)
        else:
            self.finish(1007, "text must be UTF-8")

    def _resume_reading(self) -> None:
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
