"""The newest page of 50 messages over HTTP: CPU of the gateway and the service behind it."""

from collections.abc import Iterator
from functools import partial

from bench import cpu, load, pages
from bench.lab import Lab
from bench.layout import HUNDRED
from bench.rows import Row, Target
from bench.servers.server import Server

_PAGES = 200
_FILL_RATE = 100


def run(lab: Lab) -> Iterator[Row]:
    """Page after page on one connection, as one reader asks for them."""
    servers: list[Server] = [lab.tutorial, lab.parley]
    for server in servers:
        load.run(server, HUNDRED, senders=100, rate=_FILL_RATE, seconds=0.8, warmup=0)
    taken = lab.in_turns(servers, partial(_spent, count=_PAGES))
    detail: dict[str, object] = {"by process": {name: round(one, 1) for name, one in taken["parley"][-1].items()}}
    samples = {name: [sum(one.values()) / 1_000 for one in rounds] for name, rounds in taken.items()}
    yield Row("history", "CPU per page of 50, gateway and messaging", "ms", samples, Target(1), detail)


def _spent(server: Server, count: int) -> dict[str, float]:
    pids = {name: pid for name, pid in server.pids.items() if name in ("gateway", "messaging")}
    with pages.Reader(server.port, server.history("hundred"), server.token(0)) as reader:
        reader.read(20)
        before = cpu.spent(pids)
        reader.read(count)
        after = cpu.spent(pids)
    return {name: (after[name] - before[name]) / count for name in pids}
