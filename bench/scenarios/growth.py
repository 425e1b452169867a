"""Whether a message gets dearer as the place grows: with more rooms, and with more stored messages.

Parleys of their own, which start empty: one is filled with messages, and there is one for each number of rooms. These
are all up at once and talk in turns, because what else the machine does changes more from minute to minute than the
cost of a message does. Rooms beyond the first ten are copies of one of them in messaging's database: made over HTTP,
10,000 would take minutes, and a message meets them only there.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, contextmanager
from statistics import median

from bench import load
from bench.lab import Lab
from bench.layout import Layout
from bench.plot import Curve, draw
from bench.rows import Row, Target
from bench.scenarios.rooms import shares
from bench.servers.copied_rooms import copy_rooms
from bench.servers.parley import Parley
from bench.talk import Talker

_FIRST = Layout({f"first-{number}": (0, 1, 2, 3, 4) for number in range(10)}, 50)
_ROOMS = {"quick": (10, 100), "usual": (10, 1_000, 10_000), "full": (10, 1_000, 10_000)}
_STORED = {"quick": (1_000, 10_000), "usual": (1_000, 10_000, 100_000), "full": (1_000, 10_000, 100_000, 1_000_000)}
_RATE = 500
_SATURATING = 400
_PATIENCE = 60.0
_FLAT = 1.3


def run(lab: Lab) -> Iterator[Row]:
    """The cost at each size, and the largest in multiples of the smallest."""
    with _parley(lab, "stored") as parley:
        stored = {count: [_with_stored(parley, lab, count)] for count in _STORED[lab.size]}
    yield from _rows("stored messages", stored)
    with ExitStack() as stack:
        parleys = {count: stack.enter_context(_parley(lab, f"rooms-{count}")) for count in _ROOMS[lab.size]}
        for count, parley in parleys.items():
            copy_rooms(parley, count - len(parley.rooms))
        rooms = asyncio.run(_in_turns(parleys, lab))
    yield from _rows("rooms", rooms)
    if lab.keep:
        curves = {"stored messages": stored, "rooms, each with an open socket": rooms}
        draw([Curve(name, {count: median(costs) for count, costs in each.items()}) for name, each in curves.items()])


@contextmanager
def _parley(lab: Lab, name: str) -> Iterator[Parley]:
    parley = Parley(lab.folder / f"growth-{name}", _FIRST.rooms, people=5)
    try:
        yield parley
    finally:
        parley.stop()


def _rows(what: str, costs: Mapping[int, list[float]]) -> Iterator[Row]:
    for count, rounds in costs.items():
        name = f"whole system, CPU per message with {count:,} {what}, {_RATE} messages/s"
        yield Row("growth", name, "us", {"parley": rounds})
    growth = [most / fewest for most, fewest in zip(costs[max(costs)], costs[min(costs)], strict=True)]
    yield Row("growth", f"cost of a message at the most {what} / at the fewest", "x", {"parley": growth}, Target(_FLAT))


def _with_stored(parley: Parley, lab: Lab, count: int) -> float:
    """Fill up over the sockets to so many messages, then measure in the ten rooms."""
    while (missing := count - parley.stored()) > 0:
        seconds = min(_PATIENCE, max(0.5, missing / 8_000))
        load.run(parley, _FIRST, senders=50, inflight=_SATURATING, seconds=seconds, warmup=0)
    talked = load.run(parley, _FIRST, senders=50, rate=_RATE, seconds=2 * lab.seconds)
    return sum(shares([talked]).values())


async def _in_turns(parleys: Mapping[int, Parley], lab: Lab) -> dict[int, list[float]]:
    """One subscription in each room, and messages evenly over all of a Parley's: what one cost in each round."""
    costs: dict[int, list[float]] = {count: [] for count in parleys}
    async with AsyncExitStack() as stack:
        talkers = {count: await stack.enter_async_context(Talker(parley)) for count, parley in parleys.items()}
        for _ in range(lab.rounds):
            for count, talker in talkers.items():
                said = await talker.talk(rate=_RATE, seconds=2 * lab.seconds)
                costs[count].append(sum(said.spent.values()) / said.messages)
    return costs
