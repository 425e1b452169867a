"""A reader of one HTTP resource over one kept connection, cheap enough not to be in the way."""

import json
import socket
from typing import Self

from bench.failed import Failed

_FEWEST_ITEMS = 50


class Reader:
    """Asks for the same page again and again."""

    def __init__(self, port: int, target: str, token: str) -> None:
        self._request = (
            f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        )
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._file = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._socket.close()

    def read(self, times: int) -> None:
        """Read it so often; Failed unless the last one was a full page."""
        for _ in range(times):
            self._socket.sendall(self._request)
            body = self._answer()
        page = json.loads(body)
        items = page["items"] if isinstance(page, dict) else page
        if len(items) < _FEWEST_ITEMS:
            raise Failed(f"A page of {_FEWEST_ITEMS} was expected and {len(items)} came.")

    def _answer(self) -> bytes:
        status = self._file.readline()
        size = 0
        while (line := self._file.readline().rstrip()) != b"":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                size = int(value)
        if b" 200 " not in status or not size:
            raise Failed(f"A page could not be read: {status.decode(errors='replace').strip()}")
        return self._file.read(size)
