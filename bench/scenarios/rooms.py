"""50 rooms of 5 people, everybody talks: what a message costs the whole system, and how many are taken."""

from collections.abc import Iterator
from functools import partial

from bench import load
from bench.lab import Lab, each
from bench.layout import MANY_SMALL
from bench.load import Load
from bench.rows import Row, Target
from bench.servers.server import Server

_RATE = 200
_SATURATING = 400


def run(lab: Lab) -> Iterator[Row]:
    """200 messages a second, then a closed loop."""
    servers: list[Server] = [lab.tutorial, lab.parley]
    talk = partial(load.run, layout=MANY_SMALL, senders=MANY_SMALL.sockets, seconds=lab.seconds)
    steady = lab.in_turns(servers, partial(talk, rate=_RATE))
    name = "whole system, CPU per message, 50 x 5, 200 messages/s"
    yield Row("rooms_50x5", name, "us", each(steady, _per_message), None, {"by process": shares(steady["parley"])})
    full = lab.in_turns(servers, partial(talk, inflight=_SATURATING))
    name = "whole system, CPU per message, 50 x 5, closed loop"
    detail: dict[str, object] = {"by process": shares(full["parley"])}
    yield Row("rooms_50x5", name, "us", each(full, _per_message), Target(300), detail)
    accepted = each(full, lambda one: one.messages / one.said["elapsed"])
    accepted["parley"] = [one.said["acks"] / one.said["elapsed"] for one in full["parley"]]
    yield Row("rooms_50x5", "messages accepted per second", "1/s", accepted, Target(4_000, at_least=True))


def shares(loads: list[Load]) -> dict[str, float]:
    """Microseconds per message of each process, in the last round."""
    last = loads[-1]
    return {name: round(spent / max(1.0, last.messages), 1) for name, spent in last.window.items()}


def _per_message(one: Load) -> float:
    return one.whole / max(1.0, one.messages)
