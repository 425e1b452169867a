"""A room with 1,000 sockets: what a delivery costs the process that writes it."""

from collections.abc import Iterator
from functools import partial

from bench import load
from bench.lab import Lab, each
from bench.layout import THOUSAND
from bench.load import Load
from bench.rows import Row, Target
from bench.servers.server import Server

_RATE = 20
_SATURATING = 24


def run(lab: Lab) -> Iterator[Row]:
    """20 messages a second (20,000 deliveries), then as many as come through."""
    servers: list[Server] = [lab.c, lab.tutorial, lab.parley]
    steady = lab.in_turns(
        servers, partial(load.run, layout=THOUSAND, senders=100, rate=_RATE, seconds=lab.seconds, warmup=1.2)
    )
    name = "gateway CPU per delivery, 1,000 sockets, 20 messages/s"
    yield Row("fanout_1000", name, "us", each(steady, _per_delivery), Target(1.5, "c"))
    p99 = each(steady, lambda one: one.said["p99"] / 1_000)
    yield Row("fanout_1000", "p99 of all deliveries, 1,000 sockets, 20 messages/s", "ms", p99, Target(50))
    servers = [lab.c, lab.parley]
    full = lab.in_turns(
        servers, partial(load.run, layout=THOUSAND, senders=100, inflight=_SATURATING, seconds=lab.seconds)
    )
    yield Row("fanout_1000", "gateway CPU per delivery, saturated", "us", each(full, _per_delivery), Target(1, "c"))
    rate = each(full, lambda one: one.deliveries / one.said["elapsed"])
    yield Row("fanout_1000", "deliveries per second, saturated", "1/s", rate)


def _per_delivery(one: Load) -> float:
    return one.gateway / max(1, one.deliveries)
