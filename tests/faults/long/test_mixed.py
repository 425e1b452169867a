"""F11: all faults mixed at random, for as long as FAULT_SECONDS says (RELIABILITY.md §3.2)."""

import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.arena import ProxiedArena, running
from tests.faults.catalogue import FAULTS
from tests.faults.crowd import Size, crowd
from tests.faults.footprint import nothing_left

SECONDS = float(os.environ.get("FAULT_SECONDS") or 120)
SEEDS = [int(seed) for seed in (os.environ.get("FAULT_SEEDS") or "1,2,3").split(",")]


@pytest.mark.parametrize("seed", SEEDS)
async def test_nothing_is_broken_by_any_of_them(seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = random.Random(seed)
    done: Counter[str] = Counter()
    async with running(ProxiedArena(tmp_path)) as place, nothing_left(place):
        async with crowd(place, Size(rooms=6, senders=5)) as people:
            end = time.monotonic() + SECONDS
            while time.monotonic() < end:
                fault = rng.choice(FAULTS)
                await fault(people, rng)
                done[fault.__name__] += 1
                await people.more_acked(rng.randrange(20, 200))
        broken = await people.broken_promises()
        told, noted = await people.kicks_noted()
    with capsys.disabled():
        print(f"\nseed {seed}: {people.acked} acked, {done.total()} faults, {told} kicks, {len(broken)} violations")
        print("  " + ", ".join(f"{name} {count}" for name, count in sorted(done.items())))
    assert broken == []
    assert told == noted > 0
