"""5,000 sockets that say nothing: what each holds in memory."""

from collections.abc import Iterator

from bench import load
from bench.lab import Lab, each
from bench.layout import MANY_SMALL
from bench.load import Load
from bench.rows import Row, Target
from bench.servers.server import Server

_SOCKETS = {"quick": 1_000}


def run(lab: Lab) -> Iterator[Row]:
    """Once each: what was given out once is used again by the next round, which then seems to cost nothing."""
    sockets = _SOCKETS.get(lab.size, 5_000)
    layout = MANY_SMALL.with_sockets(sockets)

    def held(server: Server) -> Load:
        return load.run(server, layout, hold=1, only_gateway=True)

    taken = {server.name: [held(server)] for server in (lab.c, lab.tutorial, lab.parley)}
    grown = each(taken, lambda one: one.said["kb_per_conn"])
    yield Row("idle_5000", f"memory of the gateway per idle socket, {sockets:,} sockets", "KiB", grown, Target(40))
    resident = each(taken, lambda one: one.said["rss_idle_kb"] / 1_024)
    yield Row("idle_5000", f"gateway's resident memory with {sockets:,} idle sockets", "MiB", resident)
