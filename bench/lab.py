"""The servers of a run, all up at once, and how they take turns."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from bench.servers.broadcaster import Broadcaster
from bench.servers.parley import Parley
from bench.servers.server import Server
from bench.servers.tutorial import Tutorial

_T = TypeVar("_T")


class Lab:
    """Starts each server when it is first needed; leaving it stops them."""

    def __init__(self, folder: Path, *, rounds: int, seconds: float, size: str, keep: bool) -> None:
        self.folder = folder
        self.rounds = rounds
        self.seconds = seconds
        self.size = size
        self.keep = keep
        self._parley: Parley | None = None
        self._c: Broadcaster | None = None
        self._tutorial: Tutorial | None = None
        self._stack = ExitStack()

    def __enter__(self) -> "Lab":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def parley(self) -> Parley:
        """Parley with the people and rooms of the layout."""
        if self._parley is None:
            self._parley = Parley(self.folder / "parley")
            self._stack.callback(self._parley.stop)
        return self._parley

    @property
    def c(self) -> Broadcaster:
        """The floor."""
        if self._c is None:
            self._c = Broadcaster()
            self._stack.callback(self._c.stop)
        return self._c

    @property
    def tutorial(self) -> Tutorial:
        """The usual design."""
        if self._tutorial is None:
            self._tutorial = Tutorial(self.folder)
            self._stack.callback(self._tutorial.stop)
        return self._tutorial

    def in_turns(self, servers: Sequence[Server], measure: Callable[[Server], _T]) -> dict[str, list[_T]]:
        """Each round measures every server once, so that what else the machine does falls on all of them."""
        taken: dict[str, list[_T]] = {server.name: [] for server in servers}
        for _ in range(self.rounds):
            for server in servers:
                taken[server.name].append(measure(server))
        return taken


def each(taken: dict[str, list[_T]], figure: Callable[[_T], float]) -> dict[str, list[float]]:
    """One figure of every sample."""
    return {name: [figure(one) for one in samples] for name, samples in taken.items()}
