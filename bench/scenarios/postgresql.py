"""The same small rooms with PostgreSQL in place of SQLite: what a message costs, the database server included."""

from collections.abc import Iterator
from functools import partial

from bench import load
from bench.lab import Lab
from bench.layout import MANY_SMALL, PEOPLE
from bench.load import Load
from bench.rows import Row
from bench.servers.on_postgresql import POSTGRESQL, ParleyOnPostgresql

_RATE = 200
_SATURATING = 400


def run(lab: Lab) -> Iterator[Row]:
    """200 messages a second, then a closed loop."""
    parley = ParleyOnPostgresql(lab.folder / "postgresql", MANY_SMALL.rooms, PEOPLE)
    try:
        talk = partial(load.run, parley, MANY_SMALL, senders=MANY_SMALL.sockets, seconds=lab.seconds)
        talk(rate=_RATE)  # everybody is connected after that
        parley.count_backends()
        steady = [talk(rate=_RATE) for _ in range(lab.rounds)]
        yield _row("CPU per message, 50 x 5, 200 messages/s", steady)
        full = [talk(inflight=_SATURATING) for _ in range(lab.rounds)]
        yield _row("CPU per message, 50 x 5, closed loop", full)
        accepted = [one.said["acks"] / one.said["elapsed"] for one in full]
        yield Row("postgresql", "messages accepted per second", "1/s", {"parley": accepted})
    finally:
        parley.stop()


def _row(what: str, loads: list[Load]) -> Row:
    costs = [one.whole / max(1.0, one.messages) for one in loads]
    detail: dict[str, object] = {"by process": _shares(loads[-1])}
    return Row("postgresql", f"whole system and PostgreSQL, {what}", "us", {"parley": costs}, None, detail)


def _shares(one: Load) -> dict[str, float]:
    """Microseconds per message of each process, PostgreSQL's as one."""
    shares: dict[str, float] = {}
    for name, spent in one.window.items():
        program = POSTGRESQL if name.startswith(POSTGRESQL) else name
        shares[program] = shares.get(program, 0.0) + spent / max(1.0, one.messages)
    return {name: round(spent, 1) for name, spent in shares.items()}
