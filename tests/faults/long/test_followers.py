"""F32, F34: a follower that was away for long catches up, and a day's worth of use leaves nothing behind."""

import asyncio
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.arena import SERVICES, ProxiedArena, running
from tests.faults.crowd import Size, crowd
from tests.faults.process import descriptors, resident
from tests.faults.watchers import Watchers

EVENTS = int(os.environ.get("FOLLOWER_EVENTS") or 5_000)
SECONDS = float(os.environ.get("SOAK_SECONDS") or 60)
MB = 1024 * 1024
_FEW = 8


async def test_a_follower_that_was_away_misses_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """F32: files follows every room's order; it is cut off until so many events wait for it."""
    async with running(ProxiedArena(tmp_path)) as place:
        async with crowd(place, Size(rooms=4, senders=5, gap=0)) as people:
            place.proxies["files"].cut()
            await people.more_acked(EVENTS, within=600)
            for work in people.workloads:
                work.enough()
            behind = _end(place) - _followed(place)
            begun = time.monotonic()
            place.proxies["files"].heal()
            async with asyncio.timeout(120):
                while _end(place) - _followed(place) > 100:
                    await asyncio.sleep(0.05)
            took = time.monotonic() - begun
        with capsys.disabled():
            print(f"\n{behind} events followed in {took:.1f} s: {behind / took:.0f} a second")
        assert behind > EVENTS / 2
        assert await people.broken_promises() == []
        async with asyncio.timeout(10):
            while _followed(place) < _end(place):
                await asyncio.sleep(0.05)
        assert "missed for ever" not in place.parley.log()


async def test_nothing_is_left_of_what_came_and_went(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """F34, I15: files, sockets, memory and what waits to be published are as they were."""
    async with running(ProxiedArena(tmp_path)) as place:
        await _use(place, seconds=10)
        before = await _what_they_have(place)
        await _use(place, SECONDS)
        after = await _what_they_have(place)
        with capsys.disabled():
            print(f"\n{before}\n{after}")
        for name in SERVICES:
            assert after[name][0] <= before[name][0] + _FEW, name
            assert after[name][1] <= before[name][1] + 24 * MB, name
        async with asyncio.timeout(10):
            while _published(place) < _end(place):
                await asyncio.sleep(0.05)


async def _use(place: ProxiedArena, seconds: float) -> None:
    """People talk, and sockets come and go."""
    watchers = Watchers()
    try:
        async with crowd(place, Size()) as people:
            work = people.workloads[0]
            watchers.start(people.owner, work.room_id, [place.parley.base], 50, work.history.listeners)
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                await people.more_acked(50)
                watchers.cut()
                await watchers.all_in()
    finally:
        await watchers.stop()
    assert [one for one in await people.broken_promises() if not one.startswith("I8 watcher")] == []


async def _what_they_have(place: ProxiedArena) -> dict[str, tuple[int, int]]:
    """Open files and bytes of each, once the rooms that nobody looks at are closed (they linger for ten seconds)."""
    least: dict[str, tuple[int, int]] = {}
    end = time.monotonic() + 15
    while time.monotonic() < end:
        for name in SERVICES:
            pid = place.parley.pid(name)
            now = descriptors(pid), resident(pid)
            least[name] = min(least.get(name, now), now)
        await asyncio.sleep(0.5)
    return least


def _ask(place: ProxiedArena, service: str, question: str) -> int:
    with closing(sqlite3.connect(f"file:{place.database(service)}?mode=ro", uri=True)) as database:
        return int(database.execute(question).fetchone()[0])


def _end(place: ProxiedArena) -> int:
    return _ask(place, "messaging", "SELECT pos FROM timeline_head")


def _published(place: ProxiedArena) -> int:
    return _ask(place, "messaging", "SELECT published_pos FROM timeline_head")


def _followed(place: ProxiedArena) -> int:
    return _ask(place, "files", "SELECT last_id FROM inbox WHERE producer = 'messaging'")
