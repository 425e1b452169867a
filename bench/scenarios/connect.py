"""Opening a socket: handshake, signature of a token not seen before, membership, `ready`."""

from collections.abc import Iterator

from bench import load
from bench.lab import Lab, each
from bench.layout import MANY_SMALL, Layout
from bench.load import Load
from bench.rows import Row
from bench.servers.server import Server

_SOCKETS = {"quick": 100}


def run(lab: Lab) -> Iterator[Row]:
    """64 handshakes at a time. The tutorial checks a signature and a membership as well; C checks nothing."""
    sockets = _SOCKETS.get(lab.size, 300)
    layout = MANY_SMALL.with_sockets(sockets)

    def opened(server: Server) -> Load:
        tokens = _tokens(lab, layout) if server is lab.parley else None
        return load.run(server, layout, hold=0.7, tokens=tokens)

    taken = lab.in_turns([lab.c, lab.tutorial, lab.parley], opened)
    whole = each(taken, lambda one: sum(one.opening.values()) / sockets)
    last = taken["parley"][-1].opening
    detail: dict[str, object] = {"by process": {name: round(spent / sockets, 1) for name, spent in last.items()}}
    yield Row("connect", "whole system, CPU per socket opened", "us", whole, None, detail)
    gateway = each(taken, lambda one: one.opening["gateway"] / sockets)
    yield Row("connect", "gateway CPU per socket opened", "us", gateway)


def _tokens(lab: Lab, layout: Layout) -> list[str]:
    """A fresh token for each seat, of the person who sits there."""
    return lab.parley.fresh_tokens([person for _, person in layout.seats()])
