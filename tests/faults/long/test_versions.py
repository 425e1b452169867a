"""F29: two releases of every service side by side, there and back, while people talk and use everything."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from tests.faults.arena import SERVICES, running
from tests.faults.crowd import Crowd, Size, crowd
from tests.faults.releases.mixed import Mixed
from tests.faults.releases.released import commit_of
from tests.system.person import register
from tests.system.test_forgetting import Canaries, exported, live_a_little, newcomer

SECONDS = float(os.environ.get("VERSION_SECONDS") or 60)


async def test_each_service_may_be_a_release_ahead_and_go_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running(Mixed(tmp_path)) as place:
        async with crowd(place, Size(rooms=4, senders=4)) as people:
            await _use_everything(people)
            for name in SERVICES:
                await place.change(name)
                await _for_a_while(people, SECONDS / len(SERVICES))
            await place.change()
            await people.more_acked(100)
            await place.change(*SERVICES)
            await _use_everything(people)
        assert await people.broken_promises() == []
        told, noted = await people.kicks_noted()
        assert told == noted > 0
    with capsys.disabled():
        before = ", ".join(f"{name} {commit_of(name)[:7]}" for name in SERVICES)
        print(f"\n{people.acked} acked, {people.reconnects} connections broke; beside {before}")


async def _for_a_while(people: Crowd[Mixed], seconds: float) -> None:
    """Everybody goes on, and somebody uses everything, as often as there is time for."""
    end = time.monotonic() + seconds
    await _use_everything(people)
    await asyncio.sleep(max(0.0, end - time.monotonic()))
    await people.more_acked(100)


async def _use_everything(people: Crowd[Mixed]) -> None:
    """All that one service asks another for, or tells it, is part of what these two do: each call has its answer."""
    base, admin = people.arena.base(0), await people.arena.admin()
    canary = Canaries()
    person, other = await newcomer(base, canary), await register(base, "other")
    await live_a_little(person, other, admin, canary)
    services = (await exported(person))["manifest.json"]["services"]
    assert [name for name, part in services.items() if not part["complete"]] == []
