"""What an answer is written to: its head leaves with the first of its content, and its end resets no connection."""

import asyncio
from collections.abc import Callable

_INTERIM = b"HTTP/1.1 100 "


class AnswerTransport:
    """Stands between one answer and its connection.

    ASGI wants the head to wait for the first of the content; together they are one write, and wake the other side once.
    It does not refer to the request that it answers, which refers to it.
    """

    __slots__ = ("_close", "_complete", "_head", "_transport")

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None], complete: Callable[[], None]) -> None:
        self._transport = transport
        self._close = close
        self._complete = complete
        self._head: bytes | None = None

    def write(self, data: bytes) -> None:
        """The head, or something that goes out with it or after it."""
        if self._head is None and not data.startswith(_INTERIM):
            self._head = data
        elif self._head:
            self._transport.write(self._head + data)
            self._head = b""
        else:
            self._transport.write(data)

    def is_closing(self) -> bool:
        """Whether nothing can be written any more."""
        return self._transport.is_closing()

    def close(self) -> None:
        """No more of this answer, whole or not."""
        self._write_head()
        self._close()

    def complete(self) -> None:
        """All of the answer is there; one to HEAD has no content."""
        self._write_head()
        self._complete()

    def _write_head(self) -> None:
        if self._head:
            self._transport.write(self._head)
            self._head = b""
