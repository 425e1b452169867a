"""Whether a message gets dearer as the place grows: with more rooms, and with more stored messages.

A Parley of its own, which starts empty. Its rooms beyond the first ten are copies of one of them in messaging's
database: made over HTTP, 10,000 would take minutes, and a message meets them only there.
"""

import asyncio
from collections.abc import Iterator

from bench import load
from bench.lab import Lab
from bench.layout import Layout
from bench.plot import Curve, draw
from bench.rows import Row, Target
from bench.scenarios.rooms import shares
from bench.servers.copied_rooms import copy_rooms
from bench.servers.parley import Parley
from bench.talk import Talk, talk

_FIRST = Layout({f"first-{number}": (0, 1, 2, 3, 4) for number in range(10)}, 50)
_ROOMS = {"quick": (10, 100), "usual": (10, 1_000, 10_000), "full": (10, 1_000, 10_000)}
_STORED = {"quick": (1_000, 10_000), "usual": (1_000, 10_000, 100_000), "full": (1_000, 10_000, 100_000, 1_000_000)}
_RATE = 500
_SATURATING = 400
_PATIENCE = 60.0
_FLAT = 1.3


def run(lab: Lab) -> Iterator[Row]:
    """The cost at each size, and the largest in multiples of the smallest."""
    parley = Parley(lab.folder / "growth", _FIRST.rooms, people=5)
    try:
        stored = {count: _with_stored(parley, lab, count) for count in _STORED[lab.size]}
        yield from _rows("stored messages", stored)
        rooms = {count: _with_rooms(parley, lab, count) for count in _ROOMS[lab.size]}
        yield from _rows("rooms", rooms)
    finally:
        parley.stop()
    if lab.keep:
        draw([Curve("stored messages", stored), Curve("rooms, each with an open socket", rooms)])


def _rows(what: str, costs: dict[int, float]) -> Iterator[Row]:
    for count, cost in costs.items():
        name = f"whole system, CPU per message with {count:,} {what}, {_RATE} messages/s"
        yield Row("growth", name, "us", {"parley": [cost]})
    growth = costs[max(costs)] / costs[min(costs)]
    yield Row(
        "growth", f"cost of a message at the most {what} / at the fewest", "x", {"parley": [growth]}, Target(_FLAT)
    )


def _with_stored(parley: Parley, lab: Lab, count: int) -> float:
    """Fill up over the sockets to so many messages, then measure in the ten rooms."""
    while (missing := count - parley.stored()) > 0:
        seconds = min(_PATIENCE, max(0.5, missing / 8_000))
        load.run(parley, _FIRST, senders=50, inflight=_SATURATING, seconds=seconds, warmup=0)
    talked = load.run(parley, _FIRST, senders=50, rate=_RATE, seconds=2 * lab.seconds)
    return sum(shares([talked]).values())


def _with_rooms(parley: Parley, lab: Lab, count: int) -> float:
    """One subscription in each of so many rooms, and messages evenly over all of them."""
    copy_rooms(parley, count - len(parley.rooms))
    said: Talk = asyncio.run(talk(parley, rate=_RATE, seconds=2 * lab.seconds))
    return sum(said.spent.values()) / said.messages
