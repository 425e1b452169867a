"""F32: a follower that was away for long catches up."""

import asyncio
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.arena import ProxiedArena, running
from tests.faults.crowd import Size, crowd

EVENTS = int(os.environ.get("FOLLOWER_EVENTS") or 5_000)


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


def _ask(place: ProxiedArena, service: str, question: str) -> int:
    with closing(sqlite3.connect(f"file:{place.database(service)}?mode=ro", uri=True)) as database:
        return int(database.execute(question).fetchone()[0])


def _end(place: ProxiedArena) -> int:
    return _ask(place, "messaging", "SELECT pos FROM timeline_head")


def _followed(place: ProxiedArena) -> int:
    return _ask(place, "files", "SELECT last_id FROM inbox WHERE producer = 'messaging'")
