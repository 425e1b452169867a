"""F34 and I15, the soak of RELIABILITY.md §6: ten minutes of use leave nothing behind, and memory does not rise."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.faults.arena import Arena, running
from tests.faults.history import violations
from tests.faults.meter import BROKER, MB, Meter, Sample, a_minute, at_rest, risen
from tests.faults.soak import Load, in_use

SECONDS = float(os.environ.get("SOAK_SECONDS") or 600)
_WARM_UP = 0.3 * SECONDS
_FIRST_USE = 20.0
_MOST_A_MINUTE = 1.0  # MiB
_MOST_AT_REST = int(_MOST_A_MINUTE * MB * max(SECONDS, 600) / 60)
_SETTLED = 240.0


async def test_ten_minutes_of_use_leave_nothing_behind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """500 sockets, 200 messages a second, ten sockets a second that go and come back."""
    load = Load()
    async with running(Arena(tmp_path, {})) as place:
        meter = Meter(place.parley)
        fresh = await meter.look()
        async with in_use(place, load) as people:
            await asyncio.sleep(_FIRST_USE)  # pools are opened by their first use, and kept
        before = await meter.settled(fresh, within=60)
        async with in_use(place, load) as people:
            begun = people.acked
            async with meter.going_on(every=5) as taken:
                await asyncio.sleep(SECONDS)
            acked = people.acked - begun
        after = await meter.settled(before, within=_SETTLED, kept=_MOST_AT_REST)
    late = {name: _late(samples) for name, samples in taken.items()}
    slopes = {name: a_minute([(one.at, one.resident) for one in samples]) for name, samples in late.items()}
    with capsys.disabled():
        print(
            f"\n{SECONDS:.0f} s, {load.sockets} sockets, {acked / SECONDS:.0f} messages/s, {people.reconnects} broken"
        )
        print(_table(late, slopes, before, after))
        print(f"{BROKER} at rest: {before[BROKER].resident / MB:.1f}, then {after[BROKER].resident / MB:.1f} MiB")
    assert acked / SECONDS > 50, "the machine was too busy to tell"
    assert [broken for work in people.workloads for broken in violations(work.history)] == []
    assert {name: slope for name, slope in slopes.items() if slope > _MOST_A_MINUTE and name != BROKER} == {}
    assert at_rest(before, after) <= _MOST_AT_REST
    assert risen(before, after) == {}
    assert {name: sample.backlog for name, sample in after.items() if sample.backlog} == {}


def _late(samples: Sequence[Sample]) -> list[Sample]:
    return [one for one in samples if one.at >= samples[0].at + _WARM_UP]


def _table(
    late: Mapping[str, Sequence[Sample]],
    slopes: Mapping[str, float],
    before: Mapping[str, Sample],
    after: Mapping[str, Sample],
) -> str:
    lines = [
        "            RSS after warm-up   at the end (MiB)   MiB/min   PSS/min   fds, threads, tasks before and after"
    ]
    for name, samples in late.items():
        shared = a_minute([(one.at, one.proportional) for one in samples])
        first, last = samples[0].resident / MB, samples[-1].resident / MB
        counts = f"{before[name].countable} {after[name].countable}"
        lines.append(f"{name:<12}{first:17.1f}   {last:16.1f}   {slopes[name]:7.2f}   {shared:7.2f}   {counts}")
    return "\n".join(lines)
