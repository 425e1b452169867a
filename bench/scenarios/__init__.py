"""The scenarios by name, in the order in which they run."""

from collections.abc import Callable, Iterator

from bench.lab import Lab
from bench.rows import Row
from bench.scenarios import connect, fanout, growth, history, idle, latency, postgresql, room, rooms

Scenario = Callable[[Lab], Iterator[Row]]

SCENARIOS: dict[str, Scenario] = {
    "idle_5000": idle.run,  # first, as long as no server has memory that it once needed for something else
    "fanout_1000": fanout.run,
    "room_100": room.run,
    "rooms_50x5": rooms.run,
    "postgresql": postgresql.run,
    "latency": latency.run,
    "history": history.run,
    "connect": connect.run,
    "growth": growth.run,
}
