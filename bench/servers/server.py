"""What a server has to offer to be measured."""

from collections.abc import Mapping
from typing import Protocol

PROSE = (
    "The quick brown fox says that lunch is at noon, that the minutes of Tuesday are in the shared folder, and that "
    "nobody has to bring anything but patience, a pen and a good idea (number {n})."
)
"""What everybody says: ordinary words, because review reads them; `{n}` makes each message another."""


class Server(Protocol):
    """A started server with the people and rooms of `bench.layout`."""

    name: str
    port: int
    pids: Mapping[str, int]
    """Its processes by name; "gateway" is the one that holds the sockets."""
    template: str
    """A message as wsload sends it; `{ts}` stands in every delivery of it exactly once."""

    def path(self, room: str) -> str:
        """What a socket of this room asks for."""
        ...

    def token(self, person: int) -> str:
        """What this person authenticates with."""
        ...

    def history(self, room: str) -> str:
        """Path and query of the newest page of 50; "" when there is none."""
        ...

    def stop(self) -> None:
        """End it."""
        ...
