"""NATS spoken by hand: what a client library would keep to itself, such as a refusal, is seen here."""

import json
import re
import socket
from collections.abc import Iterable
from types import TracebackType

_VIOLATION = re.compile(rb"-ERR 'Permissions Violation for (?:Publish|Subscription) to \"([^\"]*)\"")
_SECONDS = 10.0


class Refused(Exception):
    """The server did not let this client in, or threw it out; the text says why."""


class Wire:
    """One connection. `refusals` says which of the tried subjects the server refused."""

    def __init__(self, port: int, **credentials: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_SECONDS)
        self._lines = self._socket.makefile("rb")
        self._sid = 0
        options = {"verbose": False, "pedantic": False, "lang": "test", "version": "1", **credentials}
        assert self._lines.readline().startswith(b"INFO ")
        self.send(f"CONNECT {json.dumps(options)}\r\n".encode())
        try:
            self.settled()
        except Refused:
            self.close()
            raise

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._lines.close()
        self._socket.close()

    def send(self, data: bytes) -> None:
        """These bytes."""
        self._socket.sendall(data)

    def publish(self, subject: str, data: bytes = b"", reply: str = "") -> None:
        """A message, whether it is allowed or not."""
        self.send(f"PUB {subject} {reply} {len(data)}\r\n".encode() + data + b"\r\n")

    def subscribe(self, subject: str, queue: str = "") -> None:
        """Interest, whether it is allowed or not."""
        self._sid += 1
        self.send(f"SUB {subject} {queue} {self._sid}\r\n".encode())

    def settled(self) -> list[bytes]:
        """What the server had to say about everything sent so far, messages included; Refused if it hung up."""
        heard: list[bytes] = []
        try:
            self.send(b"PING\r\n")
            while (line := self._lines.readline()) != b"PONG\r\n":
                if not line:
                    raise Refused(b"".join(heard).decode())
                if line == b"PING\r\n":
                    self.send(b"PONG\r\n")
                    continue
                heard.append(line)
        except ConnectionError:
            raise Refused(b"".join(heard).decode()) from None
        return heard

    def refusals(self) -> set[str]:
        """The subjects that were refused since the last time."""
        return {match.group(1).decode() for line in self.settled() if (match := _VIOLATION.match(line))}

    def refused_publishes(self, subjects: Iterable[str]) -> set[str]:
        """Which of these it may not publish to."""
        for subject in subjects:
            self.publish(subject)
        return self.refusals()

    def refused_subscriptions(self, subjects: Iterable[str], queue: str = "") -> set[str]:
        """Which of these it may not subscribe to."""
        for subject in subjects:
            self.subscribe(subject, queue)
        return self.refusals()
