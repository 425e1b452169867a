"""Lines of a log on their way to standard error.

Each write wakes somebody at the other end, and that costs more than the line. What an event loop says to pass the time
waits a moment for more of it; a process that is killed takes that with it.
"""

import asyncio
import atexit
import sys
import threading

_LATEST = 0.05  # s
_MOST = 100


class Lines:
    """Keeps the order in which they came, and does not mix those of several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[str] = []
        self._sender: asyncio.AbstractEventLoop | None = None

    def add(self, line: str) -> None:
        """One that may wait, if there is a loop to send it on its way."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.add_now(line)
            return
        with self._lock:
            self._waiting.append(line)
            many = len(self._waiting) >= _MOST
            promised, self._sender = self._sender is loop, loop
        if many:
            self.leave()
        elif not promised:
            loop.call_later(_LATEST, self.leave)

    def add_now(self, line: str) -> None:
        """One that must not wait: it leaves, and whatever came before it."""
        with self._lock:
            self._waiting.append(line)
        self.leave()

    def leave(self) -> None:
        """Write what waits."""
        with self._lock:
            lines, self._waiting, self._sender = self._waiting, [], None
            if lines:
                sys.stderr.write("\n".join([*lines, ""]))


LINES = Lines()
atexit.register(LINES.leave)
