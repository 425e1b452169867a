"""What processes keep of what came and went (I15)."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass

import httpx

from tests.faults.arena import SERVICES, Arena
from tests.faults.meter import gauge
from tests.faults.process import descriptors, environment, resident, threads

MB = 1024 * 1024
_PATIENCE = 60.0  # rooms that nobody looks at linger for ten seconds


@dataclass(frozen=True)
class Footprint:
    """What a process has: `resident` in bytes, `backlog` in events that the broker has not confirmed."""

    descriptors: int
    threads: int
    tasks: int
    resident: int
    backlog: int


# By how much more a process may have than before it was used and hurt: connections that are kept, pools that were
# filled, what the allocator keeps. Each is far less than one for each of the people and connections of a run.
MORE = Footprint(descriptors=24, threads=12, tasks=24, resident=96 * MB, backlog=0)


def left_over(name: str, before: Footprint, after: Footprint) -> list[str]:
    """I15: everything of which there is more than before, and of the backlog everything."""
    had, has, more = {**asdict(before), "backlog": 0}, asdict(after), asdict(MORE)
    return [f"I15 {name} has {has[key]} {key}, it had {had[key]}" for key in has if has[key] > had[key] + more[key]]


async def footprints(place: Arena) -> dict[str, Footprint]:
    """Of every service."""
    async with httpx.AsyncClient(timeout=10) as http:
        return {name: await _footprint(http, place.parley.pid(name)) for name in SERVICES}


@asynccontextmanager
async def nothing_left(place: Arena) -> AsyncIterator[None]:
    """Whatever happens inside, in the end everything is as it was before."""
    before = await footprints(place)
    yield
    await place.ready()
    deadline = time.monotonic() + _PATIENCE
    while True:
        after = await footprints(place)
        found = [one for name in SERVICES for one in left_over(name, before[name], after[name])]
        if not found:
            return
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.5)


async def _footprint(http: httpx.AsyncClient, pid: int) -> Footprint:
    measured = (await http.get(f"http://127.0.0.1:{environment(pid)['PORT']}/metrics")).text
    return Footprint(
        descriptors(pid),
        threads(pid),
        gauge(measured, "parley_tasks"),
        resident(pid),
        gauge(measured, "parley_outbox_lag"),
    )
