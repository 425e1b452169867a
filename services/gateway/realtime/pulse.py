"""One clock for the pings of all sockets: those whose turn is at the same moment are pinged in one go.

A timer for each socket would wake the process for each ping, and once more for each pong.
"""

import asyncio
import random
from typing import Protocol
from weakref import WeakKeyDictionary

_SLOTS = 80


class Beaten(Protocol):
    """Something that is looked after once a round."""

    def beat(self) -> None:
        """Its turn has come."""
        ...


class Pulse:
    """Gives each its turn once in `interval` seconds; the first after half to all of it, so that a crowd spreads."""

    def __init__(self, loop: asyncio.AbstractEventLoop, interval: float) -> None:
        self._loop = loop
        self._step = interval / _SLOTS
        self._slots: list[set[Beaten]] = [set() for _ in range(_SLOTS)]
        self._places: dict[Beaten, int] = {}
        self._at = 0
        self._timer: asyncio.TimerHandle | None = None

    def join(self, one: Beaten) -> None:
        """Beat it from now on."""
        if one in self._places:
            return
        place = (self._at + random.randint(_SLOTS // 2, _SLOTS)) % _SLOTS
        self._places[one] = place
        self._slots[place].add(one)
        if self._timer is None:
            self._timer = self._loop.call_later(self._step, self._turn)

    def leave(self, one: Beaten) -> None:
        """Beat it no more."""
        place = self._places.pop(one, None)
        if place is not None:
            self._slots[place].discard(one)

    def _turn(self) -> None:
        self._timer = self._loop.call_later(self._step, self._turn) if self._places else None
        self._at = (self._at + 1) % _SLOTS
        for one in tuple(self._slots[self._at]):
            one.beat()


_pulses: WeakKeyDictionary[object, Pulse] = WeakKeyDictionary()


def pulse_of(server: object, loop: asyncio.AbstractEventLoop, interval: float) -> Pulse:
    """The one pulse of a server's sockets."""
    found = _pulses.get(server)
    if found is None:
        found = _pulses[server] = Pulse(loop, interval)
    return found
