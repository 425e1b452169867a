"""What the person at the terminal sees: one line per event, by service, in colour where colours are shown."""

import os
import sys
from typing import TextIO

_COLOURS = {
    "nats": 90,
    "auth": 33,
    "rooms": 36,
    "messaging": 32,
    "moderation": 35,
    "files": 34,
    "gateway": 96,
    "parley": 1,
}
_WIDTH = max(map(len, _COLOURS))


class Terminal:
    """Writes lines; never raises because nobody reads them any more."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._coloured = out.isatty() and "NO_COLOR" not in os.environ

    def line(self, name: str, text: str) -> None:
        """A line that a program wrote."""
        label = f"{name:<{_WIDTH}}"
        if self._coloured:
            label = f"\x1b[{_COLOURS.get(name, 0)}m{label}\x1b[0m"
        self._write(f"{label} │ {text}")

    def say(self, name: str, text: str) -> None:
        """A line of the supervisor's about a program."""
        self.line("parley", f"{name}: {text}")

    def block(self, text: str) -> None:
        """Several lines of the supervisor's own."""
        for row in text.splitlines():
            self.line("parley", row)

    def _write(self, text: str) -> None:
        try:
            self._out.write(text + "\n")
            self._out.flush()
        except (OSError, ValueError):
            pass
