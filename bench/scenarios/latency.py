"""How soon a sender has its ack, and the last of 100 members the message, at 10 messages a second."""

from collections.abc import Iterator
from functools import partial

from bench import load
from bench.lab import Lab, each
from bench.layout import HUNDRED
from bench.rows import Row, Target


def run(lab: Lab) -> Iterator[Row]:
    """Wall time: other work on the machine shows in it."""
    quiet = partial(load.run, layout=HUNDRED, senders=100, rate=10, seconds=max(2.0, lab.seconds))
    taken = lab.in_turns([lab.c, lab.tutorial, lab.parley], quiet)
    acks = {"parley": [one.said["ack_p50"] / 1_000 for one in taken["parley"]]}
    yield Row("latency", "ack p50, room of 100, 10 messages/s", "ms", acks, Target(5))
    last = each(taken, lambda one: one.said["last_p50"] / 1_000)
    yield Row("latency", "last of 100 members p50, 10 messages/s", "ms", last, Target(10))
