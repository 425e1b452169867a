"""What every process of a run has, looked at every few seconds (I15)."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from statistics import linear_regression

import httpx

from tests.faults.meanwhile import meanwhile
from tests.faults.process import descriptors, proportional, resident, threads
from tests.system.parley import Parley

MB = 1024 * 1024
BROKER = "nats"
# A pool opens its last connections when many ask it at once: two files and a thread each.
_OF_POOLS = (6, 3, 0)
# Go keeps every thread that it ever needed, and the broker lets up to 16 wait for the disk (filestore.go, `dios`).
_OF_BROKER = (6, 16, 0)


@dataclass(frozen=True)
class Sample:
    """What one process had at a moment (s); `tasks` of its event loop and `backlog` of its outbox, if it has them."""

    at: float
    resident: int
    proportional: int
    descriptors: int
    threads: int
    tasks: int = 0
    backlog: int = 0

    @property
    def countable(self) -> tuple[int, int, int]:
        """What must come to an end with who it was for."""
        return self.descriptors, self.threads, self.tasks


class Meter:
    """Of these very processes: one that ends makes the next look fail."""

    def __init__(self, parley: Parley) -> None:
        self._pids = parley.pids()
        self._urls: dict[str, str] = json.loads((parley.var / "urls.json").read_text())
        self._begun = time.monotonic()

    async def look(self) -> dict[str, Sample]:
        """Each of them, now."""
        async with httpx.AsyncClient(timeout=30) as http:
            return {name: await self._sample(http, name, pid) for name, pid in self._pids.items()}

    @asynccontextmanager
    async def going_on(self, every: float) -> AsyncIterator[dict[str, list[Sample]]]:
        """Samples of each, every so many seconds while inside of this."""
        taken: dict[str, list[Sample]] = {name: [] for name in self._pids}
        async with meanwhile(self._watch(taken, every)):
            yield taken

    async def settled(self, before: dict[str, Sample], within: float, kept: float = float("inf")) -> dict[str, Sample]:
        """Each of them once none has more of what can be counted than before, and the broker no more than `kept`
        bytes; or when the time (s) is over."""
        deadline = time.monotonic() + within
        while True:
            now = await self.look()
            if (not risen(before, now) and at_rest(before, now) <= kept) or time.monotonic() > deadline:
                return now
            await asyncio.sleep(1)

    async def _watch(self, taken: dict[str, list[Sample]], every: float) -> None:
        while True:
            for name, sample in (await self.look()).items():
                taken[name].append(sample)
            await asyncio.sleep(every)

    async def _sample(self, http: httpx.AsyncClient, name: str, pid: int) -> Sample:
        text = "" if name == BROKER else (await http.get(f"{self._urls[name]}/metrics")).text
        return Sample(
            time.monotonic() - self._begun,
            resident(pid),
            proportional(pid),
            descriptors(pid),
            threads(pid),
            gauge(text, "parley_tasks"),
            gauge(text, "parley_outbox_lag"),
        )


def risen(before: dict[str, Sample], after: dict[str, Sample]) -> dict[str, tuple[Sample, Sample]]:
    """Who has more of what can be counted: by more than 2 %, and what a pool opens late."""
    return {name: (before[name], after[name]) for name in before if _has_more(name, before[name], after[name])}


def _has_more(name: str, before: Sample, after: Sample) -> bool:
    each = zip(before.countable, after.countable, _OF_BROKER if name == BROKER else _OF_POOLS, strict=True)
    return any(now > then * 1.02 + few for then, now, few in each)


def at_rest(before: dict[str, Sample], after: dict[str, Sample]) -> int:
    """How many bytes more the broker has, of two moments in which nobody used it.

    In use it has up to 8 MiB for the block that it writes of each stream, and as much again until Go looks for
    garbage: that fills for as long as a quiet stream needs to write so much, and is given back when it writes nothing.
    """
    return after[BROKER].resident - before[BROKER].resident


def a_minute(points: Sequence[tuple[float, int]]) -> float:
    """By how many MiB a minute the bytes rise, by least squares over (s, bytes)."""
    moments, sizes = zip(*points, strict=True)
    return linear_regression(moments, sizes).slope * 60 / MB


def gauge(text: str, name: str) -> int:
    """What a page of /metrics says of it: the sum over its labels."""
    return int(sum(float(value) for value in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE)))
