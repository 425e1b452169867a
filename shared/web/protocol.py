"""HTTP/1.1 as uvicorn speaks it, with the limits it lacks: size and number of headers, patience, one Host.

A connection is in one of these states:

    waiting ── first byte ──► head ── headers complete ──► body ── message complete ──► waiting
       │                       │                            │
       │ idle too long         │ too large, malformed,      │ no progress: 408
       ▼                       ▼ too slow: 4xx              ▼
     closed ◄─────────────── discarding: answered, reads and drops what still comes, for a moment

Discarding matters: closing a socket with unread data resets it, and the client would lose the answer it is owed.
"""

import asyncio
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from shared.metrics import counter
from shared.problems import Problem
from shared.web.answering import AnswerTransport
from shared.web.refusals import (
    BODY_TOO_SLOW,
    HEAD_TOO_LARGE,
    HEAD_TOO_SLOW,
    TOO_MANY_HEADERS,
    bad_request,
    not_http,
    written,
)

_refused = counter("parley_http_refused_total", "Requests refused before any route saw them", ("status",))


class LimitedHttpProtocol(HttpToolsProtocol):
    """Refuses with a problem, and closes, whatever is too big, too slow or ambiguous."""

    MOST_HEAD_BYTES = 16 * 1024
    MOST_HEADERS = 100
    MOST_PIPELINED = 16
    HEAD_SECONDS = 9.5
    BODY_SECONDS = 9.5
    LEAST_BODY_BYTES = 8 * 1024
    DISCARD_SECONDS = 2.0
    STALL_SECONDS = 60.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None
        self._in_head = False
        self._in_body = False
        self._discarding = False
        self._last_answer = False
        self._reusable = True
        self._fed = 0
        self._refusal: Problem | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start waiting for the first request, not for ever."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._arm(self.HEAD_SECONDS, self._head_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadlines with the connection, and what refers back to us: memory is free at once then, and not
        when garbage is looked for."""
        self._disarm()
        self._forget_stall()
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self.cycle = None  # type: ignore[assignment]
        self.pipeline.clear()

    def data_received(self, data: bytes) -> None:
        """Feed the parser; then see that a head has not grown too large, and that what is open has a deadline."""
        if self._discarding or self._last_answer:
            return
        self._unset_keepalive_if_required()
        if not self._in_body:
            self._fed += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
                return
            # The parser stops here; the answer to the plain request it also is must be the last.
            self.cycle.keep_alive = False
        except httptools.HttpParserError as exc:
            self._refuse(self._refusal or not_http(exc, data))
            return
        if self._in_head and self._fed > self.MOST_HEAD_BYTES:
            self._refuse(HEAD_TOO_LARGE)
        elif self._deadline is None and self._in_body:
            self._received = 0
            self._arm(self.BODY_SECONDS, self._check_body)
        elif self._deadline is None and (self._in_head or not self._answering()):
            self._arm(self.HEAD_SECONDS, self._head_is_late)

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over; its deadlines are the other protocol's business now."""
        self._disarm()
        self._forget_stall()
        super().handle_websocket_upgrade()
        self.parser = None  # type: ignore[assignment]  # it refers to us

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._in_head, self._head_bytes, self._hosts, self._codings = True, 0, 0, 0
        # From the first byte on, however long ago the connection was opened.
        self._disarm()

    def on_url(self, url: bytes) -> None:
        """Part of the request line."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self._count(len(name) + len(value) + 4)
        if len(self.headers) >= self.MOST_HEADERS:
            self._reject(TOO_MANY_HEADERS)
        super().on_header(name, value)
        name = self.headers[-1][0]
        if name == b"host":
            self._hosts += 1
        elif name == b"transfer-encoding":
            self._codings += 1 if value.lower() == b"chunked" else 2

    def on_headers_complete(self) -> None:
        """The head is whole: start the application, unless the head is ambiguous."""
        version = self.parser.get_http_version()
        if version not in ("1.0", "1.1"):
            self._reject(bad_request("This server speaks HTTP/1.1."))
        if self._hosts > 1 or (self._hosts == 0 and version == "1.1"):
            self._reject(bad_request("A request names exactly one Host."))
        if self._codings > (version == "1.1"):
            self._reject(bad_request("The only transfer coding is chunked, once, in HTTP/1.1."))
        if len(self.pipeline) >= self.MOST_PIPELINED:
            self._reject(bad_request("Too many requests without waiting for an answer."))
        self._disarm()
        self._in_head, self._in_body, self._fed, self._received = False, True, 0, 0
        super().on_headers_complete()
        if self.cycle is not None and self.cycle.scope is self.scope:
            answer = AnswerTransport(self.transport, self.close_gently, self.on_response_complete)
            self.cycle.transport, self.cycle.on_response = answer, answer.complete  # type: ignore[assignment]
            # Until the body is whole: whoever is answered before that can't use the connection again, and is told so.
            self._reusable, self.cycle.keep_alive = self.cycle.keep_alive, False

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._received += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The body is whole."""
        self._disarm()
        self._in_body = False
        if self.cycle is not None and not self.cycle.response_started:
            self.cycle.keep_alive = self._reusable
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Answered; when the client is still sending, this connection cannot be used again."""
        if self._last_answer or (self._in_body and not self.pipeline):
            self.server_state.total_requests += 1
            self.close_gently()
        elif not self._discarding:
            super().on_response_complete()

    def shutdown(self) -> None:
        """The server stops: finish what is being answered, close the rest."""
        if self._discarding:
            self.transport.close()
        else:
            super().shutdown()

    def pause_writing(self) -> None:
        """The client does not read; it has a while to go on."""
        super().pause_writing()
        self._stall = self.loop.call_later(self.STALL_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """The client reads again."""
        super().resume_writing()
        self._forget_stall()

    def close_gently(self) -> None:
        """Close now when nothing more can come; else drop for a moment what still comes, so that the answer arrives."""
        if self._discarding:
            return
        if not (self._in_body or self._in_head) or self.transport.is_closing():
            self.transport.close()
            return
        self._disarm()
        self._unset_keepalive_if_required()
        self._discarding = True
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._arm(self.DISCARD_SECONDS, self.transport.close)

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > self.MOST_HEAD_BYTES:
            self._reject(HEAD_TOO_LARGE)

    def _reject(self, problem: Problem) -> None:
        # The parser swallows an exception's type on its way through C; the problem waits here for `data_received`.
        self._refusal = problem
        raise ValueError(problem.code)

    def _refuse(self, problem: Problem) -> None:
        _refused.labels(str(problem.status)).inc()
        self._disarm()
        cycle: RequestResponseCycle | None = self.cycle
        if self._answering() and not self._in_body:
            # An earlier request is being answered; the client gets that, and then the end.
            self.pipeline.clear()
            self._last_answer = True
            return
        if cycle is None or cycle.response_complete or not cycle.response_started:
            self.transport.write(written(problem))
        if cycle is not None:
            cycle.disconnected = True
            cycle.message_event.set()
        self._in_head = True
        self.close_gently()

    def _head_is_late(self) -> None:
        self._deadline = None
        if self._in_head:
            self._refuse(HEAD_TOO_SLOW)
        elif not self._answering():
            self.transport.close()

    def _check_body(self) -> None:
        self._deadline = None
        if self.flow.read_paused or self._received >= self.LEAST_BODY_BYTES:
            # Either it is us who do not read, or there is progress.
            self._received = 0
            self._arm(self.BODY_SECONDS, self._check_body)
        else:
            self._refuse(BODY_TOO_SLOW)

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _arm(self, seconds: float, act: Any) -> None:
        self._disarm()
        self._deadline = self.loop.call_later(seconds, act)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _forget_stall(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None
