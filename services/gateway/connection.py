"""One kept HTTP/1.1 connection to a service: one question at a time, and its answer read whole."""

import asyncio
from dataclasses import dataclass
from typing import cast

import httptools


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said."""

    status: int
    raw_headers: list[tuple[bytes, bytes]]
    content: bytes


class Broken(Exception):
    """The service broke off, or spoke something else than HTTP; `unheard` when it had not said anything yet."""

    def __init__(self, *, unheard: bool) -> None:
        super().__init__()
        self.unheard = unheard


class Connection(asyncio.Protocol):
    """Made by the loop. Who asks waits for the answer before asking again, or closes the connection."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._headers: list[tuple[bytes, bytes]] = []
        self._pieces: list[bytes] = []
        self._heard = False
        self.reusable = True
        """Whether another question may follow."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready to be asked."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class

    def ask(self, question: bytes) -> "asyncio.Future[Answer]":
        """Send the question; its answer, or Broken."""
        assert self._transport is not None and (self._answer is None or self._answer.done())
        self._answer = asyncio.get_running_loop().create_future()
        self._heard = False
        self._transport.write(question)
        return self._answer

    def close(self) -> None:
        """Without waiting for anything."""
        self.reusable = False
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Read on; what nobody asked for is not an answer to the next question."""
        if self._answer is None or self._answer.done():
            self.close()
            return
        self._heard = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """No more answers."""
        self.reusable = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(Broken(unheard=not self._heard))

    def on_message_begin(self) -> None:
        """An answer begins; there is one for a question."""
        if self._answer is None or self._answer.done():
            self.close()
        self._headers, self._pieces = [], []

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self._headers.append((name, value))

    def on_body(self, body: bytes) -> None:
        """A piece of the content."""
        self._pieces.append(body)

    def on_message_complete(self) -> None:
        """The answer is whole, unless it only says that there will be one."""
        status = self._parser.get_status_code()
        if self._answer is None or self._answer.done() or status < 200:
            return
        self.reusable = self.reusable and self._parser.should_keep_alive()
        self._answer.set_result(Answer(status, self._headers, b"".join(self._pieces)))
