"""A room of 100 people: what a delivery costs the whole system, storing and review included."""

from collections.abc import Iterator
from functools import partial

from bench import load
from bench.lab import Lab, each
from bench.layout import HUNDRED
from bench.load import Load
from bench.rows import Row, Target
from bench.servers.server import Server

_RATE = 100
_SATURATING = 48
_TARGET = Target(14)


def run(lab: Lab) -> Iterator[Row]:
    """100 messages a second (10,000 deliveries), then as many as come through."""
    servers: list[Server] = [lab.tutorial, lab.parley]
    offered = partial(load.run, layout=HUNDRED, senders=100, seconds=lab.seconds)
    steady = lab.in_turns(servers, partial(offered, rate=_RATE))
    name = "whole system, CPU per delivery, room of 100, 100 messages/s"
    yield Row("room_100", name, "us", each(steady, _per_delivery), _TARGET, {"by process": _shares(steady["parley"])})
    full = lab.in_turns(servers, partial(offered, inflight=_SATURATING))
    name = "whole system, CPU per delivery, room of 100, saturated"
    yield Row("room_100", name, "us", each(full, _per_delivery), _TARGET, {"by process": _shares(full["parley"])})
    rate = each(full, lambda one: one.messages / one.said["elapsed"])
    yield Row("room_100", "messages per second, room of 100, saturated", "1/s", rate)


def _per_delivery(one: Load) -> float:
    return one.whole / max(1, one.deliveries)


def _shares(loads: list[Load]) -> dict[str, float]:
    last = loads[-1]
    return {name: round(spent / max(1, last.deliveries), 2) for name, spent in last.window.items()}
